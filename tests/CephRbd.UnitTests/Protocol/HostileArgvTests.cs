using System.Text;
using System.Text.Json;
using CephRbd.Driver.Config;
using CephRbd.Driver.Protocol;
using CephRbd.Driver.Volumes;
using CephRbd.UnitTests.Volumes;
using FsCheck;
using FsCheck.Fluent;
using Moq;

namespace CephRbd.UnitTests.Protocol;

public class HostileArgvTests
{
    private static readonly string[] _words =
    [
        .. Verb.All.Select(verb => verb.Name), "--config", "--config=/x", "--runtime", "--runtime=host", "-v", "--", "-", "",
        "/dir", "1", "0", "99999999999999999999", """{"volumeID":"v"}""", """{"volumeID":"v","kubernetes.io/readwrite":"ro"}""",
        """{"volumeID":1}""", "{", "\ud800", "\0", "a\nb", "😀",
    ];

    private static readonly string?[] _statuses = ["Success", "Failure", "Not supported"];

    [Fact]
    public void Any_argv_gets_one_object_on_one_line()
    {
        Gen<string[]> argv = Gen.Frequency((5, Gen.Elements(_words)), (1, ArbMap.Default.GeneratorFor<string>().Select(text => text ?? "")))
            .ListOf().Select(list => list.ToArray());
        Check.One(
            FsCheck.Config.QuickThrowOnFailure.WithMaxTest(Hostile.Inputs).WithEndSize(8),
            Prop.ForAll(argv.ToArbitrary(), args => IsOneObjectOnOneLine(Dispatch(args, new Mock<IVolumeRuntime>()).ToJsonLine())));
    }

    [Fact]
    public void Whatever_a_runtime_throws_gets_one_object_on_one_line_without_the_key()
    {
        string secret = Convert.ToBase64String(Encoding.UTF8.GetBytes(Hostile.Key));
        Gen<string> text = Gen.Frequency(
                (3, Gen.Elements("\n", "\r\n", "\0", "\"", "\\", "}", "key=", "key: ", "\ud800", " ", Hostile.Key, secret)),
                (1, ArbMap.Default.GeneratorFor<string>().Select(text => text ?? "")))
            .ListOf().Select(string.Concat);
        Check.One(
            FsCheck.Config.QuickThrowOnFailure.WithMaxTest(Hostile.Inputs).WithEndSize(12),
            Prop.ForAll(text.ToArbitrary(), words =>
            {
                var runtime = new Mock<IVolumeRuntime>();
                runtime.Setup(r => r.Mount(It.IsAny<string>(), It.IsAny<VolumeSpec>())).Throws(new InvalidOperationException(words));
                byte[] line = Dispatch(["mount", "/d", $$"""{"volumeID":"v","kubernetes.io/secret/key":"{{secret}}"}"""], runtime).ToJsonLine();
                Assert.DoesNotContain(Hostile.Key, Encoding.UTF8.GetString(line), StringComparison.Ordinal);
                Assert.DoesNotContain(secret, Encoding.UTF8.GetString(line), StringComparison.Ordinal);
                return IsOneObjectOnOneLine(line);
            }));
    }

    private static Reply Dispatch(string[] args, Mock<IVolumeRuntime> runtime) =>
        new Dispatcher(() => new DriverConfig(), _ => runtime.Object).Dispatch(CommandLine.Parse(args));

    private static bool IsOneObjectOnOneLine(byte[] line)
    {
        Assert.Equal(line.Length - 1, line.AsSpan().IndexOf((byte)'\n'));
        using var json = JsonDocument.Parse(line);
        Assert.Equal(JsonValueKind.Object, json.RootElement.ValueKind);
        Assert.Contains(json.RootElement.GetProperty("status").GetString(), _statuses);
        return true;
    }
}
