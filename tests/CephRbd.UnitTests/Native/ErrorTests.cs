using CephRbd.Native;

namespace CephRbd.UnitTests.Native;

public class ErrorTests
{
    [Theory]
    [InlineData(-2)]
    [InlineData(2)]
    public void Message_names_call_text_name_and_number(int result)
    {
        CephException error = new("rbd_open", result);

        Assert.Equal("rbd_open: No such file or directory (ENOENT, 2)", error.Message);
        Assert.Equal("rbd_open", error.Call);
        Assert.Equal(Errno.NoEntry, error.Errno);
    }

    [Fact]
    public void Message_names_the_subject_where_there_is_one() =>
        Assert.Equal(
            "rbd_open vol1: Operation not permitted (EPERM, 1)", new CephException("rbd_open", -1, "vol1").Message);

    [Theory]
    [InlineData(Errno.NotPermitted, "EPERM")]
    [InlineData(Errno.NoEntry, "ENOENT")]
    [InlineData(Errno.Io, "EIO")]
    [InlineData(Errno.TryAgain, "EAGAIN")]
    [InlineData(Errno.NoMemory, "ENOMEM")]
    [InlineData(Errno.Access, "EACCES")]
    [InlineData(Errno.Busy, "EBUSY")]
    [InlineData(Errno.Exists, "EEXIST")]
    [InlineData(Errno.Invalid, "EINVAL")]
    [InlineData(Errno.NoSpace, "ENOSPC")]
    [InlineData(Errno.ReadOnly, "EROFS")]
    [InlineData(Errno.Range, "ERANGE")]
    [InlineData(Errno.NameTooLong, "ENAMETOOLONG")]
    [InlineData(Errno.NotImplemented, "ENOSYS")]
    [InlineData(Errno.NotEmpty, "ENOTEMPTY")]
    [InlineData(Errno.NotSupported, "EOPNOTSUPP")]
    [InlineData(Errno.ShutDown, "ESHUTDOWN")]
    [InlineData(Errno.TimedOut, "ETIMEDOUT")]
    [InlineData(Errno.InProgress, "EINPROGRESS")]
    [InlineData(Errno.Stale, "ESTALE")]
    [InlineData(Errno.QuotaExceeded, "EDQUOT")]
    [InlineData(Errno.Canceled, "ECANCELED")]
    public void Numbers_have_their_linux_names(int errno, string name) => Assert.Equal(name, Errno.Name(errno));

    [Fact]
    public void Unknown_numbers_are_still_told()
    {
        Assert.Equal("errno 4711", Errno.Name(4711));
        Assert.Equal("Unknown error", Errno.Describe(4711));
    }

    [Fact]
    public void The_most_negative_result_is_no_crash() =>
        Assert.Equal(int.MaxValue, new CephException("x", int.MinValue).Errno);
}
