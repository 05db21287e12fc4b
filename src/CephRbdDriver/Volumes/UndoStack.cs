namespace CephRbd.Driver.Volumes;

/// <summary>
/// What to take back if the rest fails. Each step that leaves something behind pushes its undo; a failure runs them
/// in reverse, all of them, and what could not be undone is told, never hidden.
/// </summary>
internal sealed class UndoStack
{
    private readonly Stack<(string What, Action Undo)> _undos = new();

    /// <summary>Remembers how to take back what was just done. The undo must succeed when it is undone already.</summary>
    /// <param name="what">The leftover if the undo fails: "the tmpfs at /run/…".</param>
    /// <param name="undo">Takes it back.</param>
    public void Push(string what, Action undo) => _undos.Push((what, undo));

    /// <summary>All went well: nothing is to be taken back any more.</summary>
    public void Commit() => _undos.Clear();

    /// <summary>Runs <paramref name="body"/>; on any failure takes back what it pushed.</summary>
    /// <exception cref="VolumeException">The failure, with what remains if an undo failed too.</exception>
    public static T Guard<T>(Func<UndoStack, T> body)
    {
        var undo = new UndoStack();
        try
        {
            T result = body(undo);
            undo.Commit();
            return result;
        }
        catch (Exception failure)
        {
            IReadOnlyList<string> left = undo.RunAll();
            if (left.Count > 0)
            {
                throw new VolumeException($"{failure.Message}. Left behind: {string.Join("; ", left)}", failure);
            }

            throw;
        }
    }

    /// <summary>Runs all undos, the newest first, and goes on when one fails.</summary>
    /// <returns>What remains, with the reason; empty when all is taken back.</returns>
    public IReadOnlyList<string> RunAll()
    {
        var left = new List<string>();
        while (_undos.TryPop(out (string What, Action Undo) item))
        {
            try
            {
                item.Undo();
            }
#pragma warning disable CA1031 // Whatever an undo throws, the others still have to run; the failure is reported by the caller.
            catch (Exception e)
#pragma warning restore CA1031
            {
                left.Add($"{item.What} ({e.Message})");
            }
        }

        return left;
    }
}
