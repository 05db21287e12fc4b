using System.Diagnostics;

namespace CephRbd.UnitTests.Native.Linux;

public class AbiTests
{
    [Theory]
    [InlineData("x86_64-linux-gnu", "/usr/include/x86_64-linux-gnu")]
    [InlineData("aarch64-linux-gnu", "/usr/aarch64-linux-gnu/include")]
    public void The_numbers_in_the_bindings_are_those_of_the_headers(string target, string headers)
    {
        Assert.True(File.Exists("/usr/bin/clang") && Directory.Exists(headers), $"clang and headers for {target} are needed");
        var source = Path.Join(Repository.Root, "tests/CephRbd.UnitTests/Native/Linux/abi_check.c");
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/clang", [$"--target={target}", "-std=c11", "-fsyntax-only", source])
        {
            RedirectStandardError = true,
        })!;

        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.True(process.ExitCode == 0, error);
    }
}
