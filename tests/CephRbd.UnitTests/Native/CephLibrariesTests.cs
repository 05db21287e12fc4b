using CephRbd.Native;

namespace CephRbd.UnitTests.Native;

public class CephLibrariesTests
{
    private const string Maps = """
        5581a000-5581b000 r--p 00000000 08:01 123   /opt/cephrbd
        7f01a000-7f01b000 r--p 00000000 08:01 124   /opt/with blank/librados.so.2.0.0
        7f02a000-7f02b000 r--p 00000000 08:01 125   /usr/lib/librados.so.20
        7f03a000-7f03b000 r--p 00000000 08:01 126   /usr/lib/librbd.so.1.17.0 (deleted)
        7f04a000-7f04b000 rw-p 00000000 00:00 0
        7f05a000-7f05b000 rw-p 00000000 00:00 0     [stack]
        """;

    [Fact]
    public void A_librarys_file_is_found_by_its_soname()
    {
        Assert.Equal("/opt/with blank/librados.so.2.0.0", CephLibraries.FindMapped(Maps, "librados.so.2"));
        Assert.Equal("/usr/lib/librbd.so.1.17.0 (deleted)", CephLibraries.FindMapped(Maps, "librbd.so.1"));
    }

    [Fact]
    public void A_library_that_is_not_mapped_has_no_file()
    {
        Assert.Null(CephLibraries.FindMapped(Maps, "librbd.so"[..^1]));
        Assert.Null(CephLibraries.FindMapped("", "librbd.so.1"));
    }

    [Fact]
    public void A_missing_library_is_told_as_such()
    {
        NativeLibraryException error =
            Assert.Throws<NativeLibraryException>(() => CephLibraries.Load("libcephrbd-none.so.9", []));

        Assert.Equal("libcephrbd-none.so.9", error.Library);
        Assert.Null(error.Symbol);
        Assert.Contains("libcephrbd-none.so.9", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_symbol_is_told_as_such()
    {
        NativeLibraryException error =
            Assert.Throws<NativeLibraryException>(() => CephLibraries.Load("libc.so.6", ["malloc", "rbd_none", "free"]));

        Assert.Equal("libc.so.6", error.Library);
        Assert.Equal("rbd_none", error.Symbol);
    }

    [Fact]
    public void A_file_that_is_no_library_is_told_as_such()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "not an ELF file");
            Assert.Throws<NativeLibraryException>(() => CephLibraries.Load(file, []));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("Unable to load. Consider this or that: \n/x/librbd.so.1: file too short\n", "/x/librbd.so.1: file too short")]
    [InlineData("one line", "one line")]
    [InlineData("", "")]
    public void The_reason_is_the_loaders_own_line(string message, string reason) =>
        Assert.Equal(reason, CephLibraries.Reason(message));

    [Fact]
    public void Probe_tells_versions_and_files_or_the_reason()
    {
        CephLibraryInfo info = CephLibraries.Probe();

        if (info.Error is null)
        {
            Assert.Matches(@"^librados \d+\.\d+\.\d+$", info.RadosVersion);
            Assert.Matches(@"^librbd \d+\.\d+\.\d+$", info.RbdVersion);
            Assert.True(File.Exists(info.RadosPath));
            Assert.True(File.Exists(info.RbdPath));
        }
        else
        {
            Assert.Null(info.RadosVersion);
            Assert.Matches("librados|librbd", info.Error);
        }
    }
}
