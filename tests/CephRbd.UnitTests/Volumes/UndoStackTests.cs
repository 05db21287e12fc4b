using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Volumes;

public class UndoStackTests
{
    private readonly List<string> _undone = [];

    [Fact]
    public void A_success_takes_nothing_back()
    {
        Assert.Equal(5, UndoStack.Guard(undo =>
        {
            undo.Push("one", () => _undone.Add("one"));
            return 5;
        }));
        Assert.Empty(_undone);
    }

    [Fact]
    public void A_failure_takes_all_back_newest_first_and_stays_what_it_was()
    {
        var failure = new InvalidOperationException("broken");
        Assert.Same(failure, Assert.Throws<InvalidOperationException>(() => UndoStack.Guard<int>(undo =>
        {
            undo.Push("one", () => _undone.Add("one"));
            undo.Push("two", () => _undone.Add("two"));
            throw failure;
        })));
        Assert.Equal(["two", "one"], _undone);
    }

    [Fact]
    public void A_failing_undo_stops_no_other_and_what_remains_is_told()
    {
        var failure = new InvalidOperationException("broken");
        var told = Assert.Throws<VolumeException>(() => UndoStack.Guard<int>(undo =>
        {
            undo.Push("the folder", () => _undone.Add("folder"));
            undo.Push("the mount", () => throw new IOException("busy"));
            undo.Push("the lock", () => throw new IOException("gone"));
            throw failure;
        }));
        Assert.Equal("broken. Left behind: the lock (gone); the mount (busy)", told.Message);
        Assert.Same(failure, told.InnerException);
        Assert.Equal(["folder"], _undone);
    }

    [Fact]
    public void What_is_committed_is_not_taken_back()
    {
        var undo = new UndoStack();
        undo.Push("one", () => _undone.Add("one"));
        undo.Commit();
        Assert.Empty(undo.RunAll());
        Assert.Empty(_undone);
    }

    [Fact]
    public void Undos_run_once()
    {
        var undo = new UndoStack();
        undo.Push("one", () => _undone.Add("one"));
        undo.RunAll();
        undo.RunAll();
        Assert.Equal(["one"], _undone);
    }
}
