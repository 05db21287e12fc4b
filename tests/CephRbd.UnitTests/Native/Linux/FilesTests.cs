using System.Runtime.Versioning;
using System.Text;
using CephRbd.Native;
using CephRbd.Native.Linux;

namespace CephRbd.UnitTests.Native.Linux;

[SupportedOSPlatform("linux")]
public sealed class FilesTests : IDisposable
{
    private const long MiB = 1L << 20;
    private const long TiB = 1L << 40;

    private readonly TempDir _dir = new();

    public void Dispose() => _dir.Dispose();

    [Fact]
    public void A_durable_file_has_its_content_and_exact_mode_and_leaves_no_temporary()
    {
        Files.WriteDurable(_dir.Path, "tag", "one"u8, 0x1B6);
        Files.WriteDurable(_dir.Path, "tag", "second"u8, 0x180);

        Assert.Equal("second", File.ReadAllText(_dir["tag"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_dir["tag"]));
        Assert.Equal([_dir["tag"]], Directory.GetFileSystemEntries(_dir.Path));
    }

    [Fact]
    public void The_mode_of_a_durable_file_is_not_cut_by_the_umask()
    {
        Files.WriteDurable(_dir.Path, "wide", "x"u8, 0x1B6);

        Assert.Equal((UnixFileMode)0x1B6, File.GetUnixFileMode(_dir["wide"]));
    }

    [Fact]
    public void A_durable_file_replaces_a_symbolic_link_and_leaves_its_target_alone()
    {
        File.WriteAllText(_dir["victim"], "untouched");
        File.CreateSymbolicLink(_dir["tag"], _dir["victim"]);

        Files.WriteDurable(_dir.Path, "tag", "new"u8, 0x180);

        Assert.Equal("untouched", File.ReadAllText(_dir["victim"]));
        Assert.Equal(FileKind.Regular, Files.KindOf(_dir["tag"]));
    }

    [Fact]
    public void A_durable_write_that_fails_removes_its_temporary_and_says_what_failed()
    {
        Directory.CreateDirectory(_dir["tag"]);

        var e = Assert.Throws<LinuxException>(() => Files.WriteDurable(_dir.Path, "tag", "x"u8, 0x180));

        Assert.Equal(("rename", Errno.IsDirectory, _dir["tag"]), (e.Call, e.Errno, e.Path));
        Assert.Equal([_dir["tag"]], Directory.GetFileSystemEntries(_dir.Path));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    public void A_durable_file_needs_a_plain_name(string name)
        => Assert.ThrowsAny<ArgumentException>(() => Files.WriteDurable(_dir.Path, name, "x"u8, 0x180));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_unnamed_file_has_no_name_and_keeps_what_is_written(bool viaUnlink)
    {
        using var file = viaUnlink ? Files.OpenUnlinked(_dir.Path) : Files.OpenUnnamed(_dir.Path);

        RandomAccess.Write(file, "hello"u8, 0);

        var read = new byte[5];
        Assert.Equal(5, RandomAccess.Read(file, read, 0));
        Assert.Equal("hello", Encoding.ASCII.GetString(read));
        Assert.Empty(Directory.GetFileSystemEntries(_dir.Path));
        Assert.Equal(0UL, FileStatus.OfDescriptor((int)file.DangerousGetHandle()).Links);
    }

    [Fact]
    public void An_unnamed_file_in_a_missing_directory_is_refused()
    {
        var e = Assert.Throws<LinuxException>(() => Files.OpenUnnamed(_dir["none"]));
        Assert.Equal(Errno.NoEntry, e.Errno);
    }

    [Fact]
    public void Data_extents_of_a_sparse_file_are_the_written_parts()
    {
        using var file = Files.OpenUnnamed(_dir.Path);
        Files.SetLength(file, 64 * MiB);
        RandomAccess.Write(file, new byte[4096], 8 * MiB);
        RandomAccess.Write(file, new byte[4096], 64 * MiB - 4096);

        var extents = Files.DataExtents(file, 64 * MiB);

        Assert.Equal([(8 * MiB, 4096L), (64 * MiB - 4096, 4096L)], extents);
    }

    [Fact]
    public void Data_extents_end_at_the_size_asked_for()
    {
        using var file = Files.CreateMemory("extents");
        RandomAccess.Write(file, new byte[3 * 4096], 0);

        Assert.Equal([(0L, 4096L)], Files.DataExtents(file, 4096));
    }

    [Fact]
    public void An_empty_sparse_file_has_no_extents()
    {
        using var file = Files.CreateMemory("empty");
        Files.SetLength(file, TiB);

        Assert.Empty(Files.DataExtents(file, TiB));
        Assert.Equal(TiB, RandomAccess.GetLength(file));
    }

    [Fact]
    public void Kinds_are_told_without_following_links()
    {
        Directory.CreateDirectory(_dir["dir"]);
        File.WriteAllText(_dir["file"], "");
        File.CreateSymbolicLink(_dir["link"], _dir["dir"]);
        File.CreateSymbolicLink(_dir["dangling"], _dir["none"]);

        Assert.Equal(FileKind.Missing, Files.KindOf(_dir["none"]));
        Assert.Equal(FileKind.Missing, Files.KindOf(_dir["file/below"]));
        Assert.Equal(FileKind.Directory, Files.KindOf(_dir["dir"]));
        Assert.Equal(FileKind.Regular, Files.KindOf(_dir["file"]));
        Assert.Equal(FileKind.Symlink, Files.KindOf(_dir["link"]));
        Assert.Equal(FileKind.Symlink, Files.KindOf(_dir["dangling"]));
        Assert.Equal(FileKind.Other, Files.KindOf("/dev/null"));
        Assert.True(Files.IsDirectoryNoFollow(_dir["dir"]));
        Assert.False(Files.IsDirectoryNoFollow(_dir["link"]));
    }

    [Fact]
    public void The_status_of_a_path_agrees_with_the_base_library()
    {
        File.WriteAllText(_dir["file"], "12345");
        File.SetUnixFileMode(_dir["file"], (UnixFileMode)0x1A4);

        var status = FileStatus.OfPath(_dir["file"]);

        Assert.NotNull(status);
        Assert.Equal(5, status.Value.Size);
        Assert.Equal(0x81A4u, status.Value.Mode);
        Assert.Equal(1UL, status.Value.Links);
    }
}
