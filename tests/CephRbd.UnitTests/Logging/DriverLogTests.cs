using System.Diagnostics;
using System.Text.Json;
using CephRbd.Driver.Logging;
using CephRbd.UnitTests.Native.Linux;
using Serilog;
using Serilog.Events;

namespace CephRbd.UnitTests.Logging;

public sealed class DriverLogTests : IDisposable
{
    private const string Key = "AQBz0wRkAAAAABAAqJ3v+/6k0uV3mG5Xy2ZtWQ==";
    private readonly TempDir _dir = new();

    private string LogPath => _dir["logs/cephrbd.log"];

    public void Dispose() => _dir.Dispose();

    [Fact]
    public void An_event_is_one_line_of_compact_JSON_with_the_pid()
    {
        Write(log => log.Information("Mounted {Image} in {Elapsed} ms", "vol1", 12));

        var line = Assert.Single(File.ReadAllLines(LogPath));
        using var json = JsonDocument.Parse(line);
        Assert.Equal("Mounted {Image} in {Elapsed} ms", json.RootElement.GetProperty("@mt").GetString());
        Assert.Equal("vol1", json.RootElement.GetProperty("Image").GetString());
        Assert.Equal(12, json.RootElement.GetProperty("Elapsed").GetInt32());
        Assert.Equal(Environment.ProcessId, json.RootElement.GetProperty("Pid").GetInt32());
    }

    [Fact]
    public void Events_below_the_level_are_left_out_and_nothing_is_opened_for_them()
    {
        Write(log => log.Debug("too fine"));
        Assert.False(Directory.Exists(_dir["logs"]));
    }

    [Fact]
    public void Directory_and_file_are_not_for_everybody()
    {
        Write(log => log.Information("x"));

        var modes = Run("stat", "-c", "%a", _dir["logs"], LogPath).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["750", "640"], modes);
    }

    [Fact]
    public void A_key_is_redacted_wherever_it_hides_and_the_line_stays_JSON()
    {
        Write(log =>
        {
            log.Information("text {Text} list {List} map {Map}", $"key = {Key}", new[] { Key, "b" }, new Dictionary<string, string> { [Key] = Key });
            log.Information("object {Object}", new InvalidOperationException(Key));
            log.Error(new InvalidOperationException("inner " + Key), "failed with \"quotes\" and\nnewlines {Value}", Key);
            log.ForContext(Key, 1).Warning(Key);
        });

        var text = File.ReadAllText(LogPath);
        Assert.DoesNotContain(Key, text, StringComparison.Ordinal);
        Assert.DoesNotContain(Key[..12], text, StringComparison.Ordinal);
        var lines = File.ReadAllLines(LogPath);
        Assert.Equal(4, lines.Length);
        Assert.All(lines, line =>
        {
            using var json = JsonDocument.Parse(line);
            Assert.Contains("***", line, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void A_redaction_that_throws_writes_nothing()
    {
        var log = DriverLog.Create(LogPath, LogEventLevel.Information, 1 << 20, 1, _ => throw new InvalidOperationException("broken"));
        log.Information("secret");
        (log as IDisposable)!.Dispose();
        Assert.False(File.Exists(LogPath));
    }

    [Theory]
    [InlineData("/proc/none/cephrbd.log")]
    [InlineData("/dev/full")]
    [InlineData("/dev/null/below/cephrbd.log")]
    public void A_log_that_cannot_be_written_is_no_error(string path)
    {
        // Not through a logger, which swallows what its sinks throw.
        using var sink = new AppendingFileSink(path, 1024, 2, text => text);
        var lost = new LogEvent(DateTimeOffset.UnixEpoch, LogEventLevel.Error, null, MessageTemplate.Empty, []);

        Assert.Null(Record.Exception(() => sink.Emit(lost)));
        Assert.Null(Record.Exception(() => sink.Emit(lost)));
    }

    [Fact]
    public void A_full_file_is_rotated_and_only_the_newest_are_kept()
    {
        Write(log =>
        {
            for (var i = 0; i < 100; i++)
            {
                log.Information("event {Number}", i);
            }
        }, maxBytes: 1000, filesKept: 3);

        Assert.Equal(
            ["cephrbd.log", "cephrbd.log.1", "cephrbd.log.2", "cephrbd.log.3", "cephrbd.log.lock"],
            Directory.GetFiles(_dir["logs"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(Directory.GetFiles(_dir["logs"]), file => Assert.InRange(new FileInfo(file).Length, 0, 1000));
        var numbers = Numbers(LogPath + ".3", LogPath + ".2", LogPath + ".1", LogPath);
        Assert.Equal(Enumerable.Range(100 - numbers.Count, numbers.Count), numbers);
    }

    [Fact]
    public void With_no_file_kept_the_full_one_goes()
    {
        Write(log =>
        {
            log.Information("event {Number}", 1);
            log.Information("event {Number}", 2);
        }, maxBytes: 1, filesKept: 0);

        Assert.Equal([2], Numbers(LogPath));
    }

    [Fact]
    public void A_log_moved_away_by_another_tool_is_begun_anew()
    {
        Write(log =>
        {
            log.Information("event {Number}", 1);
            File.Move(LogPath, LogPath + ".old");
            log.Information("event {Number}", 2);
        });

        Assert.Equal([1], Numbers(LogPath + ".old"));
        Assert.Equal([2], Numbers(LogPath));
    }

    [Fact]
    public void A_symbolic_link_in_the_logs_place_is_not_written_through()
    {
        Directory.CreateDirectory(_dir["logs"]);
        File.WriteAllText(_dir["victim"], "");
        File.CreateSymbolicLink(LogPath, _dir["victim"]);

        Write(log => log.Information("x"));

        Assert.Empty(File.ReadAllText(_dir["victim"]));
    }

    [Theory]
    [InlineData(10_000, 10_000)]
    [InlineData(20_000, 3)]
    public void Many_writers_lose_and_tear_no_line(long maxBytes, int filesKept)
    {
        const int Writers = 8;
        const int Events = 2000;
        var threads = Enumerable.Range(0, Writers).Select(writer => new Thread(() =>
        {
            // A logger each, as processes have: they share nothing but the file.
            Write(log =>
            {
                for (var i = 0; i < Events; i++)
                {
                    log.Information("event {Number} of {Filler}", (writer * Events) + i, new string('x', i % 97));
                }
            }, maxBytes, filesKept);
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => Assert.True(t.Join(TimeSpan.FromSeconds(120))));

        var files = Directory.GetFiles(_dir["logs"], "cephrbd.log*").Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)).ToArray();
        var numbers = Numbers(files);
        Assert.Equal(numbers.Count, numbers.Distinct().Count());
        if (filesKept > 1000)
        {
            Assert.Equal(Writers * Events, numbers.Count);
        }
        else
        {
            Assert.Equal(filesKept + 1, files.Length);
            Assert.All(files, f => Assert.InRange(new FileInfo(f).Length, 0, maxBytes + (Writers * 400)));
        }
    }

    private static List<int> Numbers(params string[] files) => [.. files.SelectMany(File.ReadLines).Select(line =>
    {
        using var json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty("Number").GetInt32();
    })];

    private void Write(Action<ILogger> write, long maxBytes = 1 << 20, int filesKept = 3)
    {
        var log = DriverLog.Create(LogPath, LogEventLevel.Information, maxBytes, filesKept, text => text.Replace(Key, "***", StringComparison.Ordinal));
        using (log as IDisposable)
        {
            write(log);
        }
    }

    private static string Run(string tool, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
