using System.Globalization;
using System.Text.RegularExpressions;

namespace CephRbd.ArtifactTests;

/// <summary>What the published files ask of the machine they run on, read off the files themselves.</summary>
public sealed partial class ProgramFileTests
{
    private const int LargestPage = 0x10000;
    private static readonly Version _floor = new(2, 17);

    [Theory]
    [InlineData("linux-arm64")]
    [InlineData("linux-x64")]
    public void It_asks_for_no_symbol_newer_than_glibc_2_17(string rid)
    {
        string[] versions = [.. Programs.Lines("readelf", "--version-info", "-W", Repository.Binary(rid))
            .SelectMany(line => VersionNames().Matches(line)).Select(match => match.Groups[1].Value).Distinct()];

        Assert.Contains("2.17", versions);
        Assert.DoesNotContain(versions, version => Version.Parse(version) > _floor);
    }

    [Theory]
    [InlineData("linux-arm64")]
    [InlineData("linux-x64")]
    public void Every_symbol_of_another_library_has_a_version(string rid)
    {
        // One without would be satisfied by whatever version a library calls its default, however new.
        string[] bare = [.. Symbols(rid).Where(symbol => symbol is { Undefined: true, Weak: false } && !symbol.Name.Contains('@', StringComparison.Ordinal)).Select(symbol => symbol.Name)];

        Assert.Empty(bare);
        Assert.Contains(Symbols(rid), symbol => symbol.Undefined && symbol.Name.StartsWith("__libc_start_main@GLIBC_2.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("linux-arm64", "ld-linux-aarch64.so.1")]
    [InlineData("linux-x64", "ld-linux-x86-64.so.2")]
    public void It_needs_glibcs_own_libraries_and_no_others(string rid, string loader)
    {
        string[] needed = [.. Programs.Lines("readelf", "--dynamic", "-W", Repository.Binary(rid))
            .SelectMany(line => Needed().Matches(line)).Select(match => match.Groups[1].Value)];

        Assert.Contains("libc.so.6", needed);
        Assert.Empty(needed.Except([loader, "libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0"]));
    }

    [Fact]
    public void The_arm64_program_can_be_loaded_with_pages_of_64_KiB()
    {
        (ulong Offset, ulong Address, ulong Size, ulong Align)[] segments = [.. Programs.Lines("readelf", "--segments", "-W", Repository.Binary("linux-arm64"))
            .Where(line => line.TrimStart().StartsWith("LOAD ", StringComparison.Ordinal))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(field => (Hex(field[1]), Hex(field[2]), Hex(field[5]), Hex(field[^1])))];

        Assert.True(segments.Length >= 2, "no segments are found");
        Assert.All(segments, segment =>
        {
            Assert.True(segment.Align >= LargestPage, $"a segment is aligned to {segment.Align}");
            Assert.Equal(segment.Offset % LargestPage, segment.Address % LargestPage);
        });

        // Two segments on one page would give one of them the other's permissions.
        for (int i = 1; i < segments.Length; i++)
        {
            Assert.True(
                (segments[i - 1].Address + segments[i - 1].Size - 1) / LargestPage < segments[i].Address / LargestPage,
                $"segments {i - 1} and {i} share a page of 64 KiB");
        }
    }

    [Fact]
    public void The_arm64_program_uses_what_ARMv8_0_lacks_only_behind_a_check()
    {
        string[] code = [.. Programs.Lines("aarch64-linux-gnu-objdump", "-d", "--no-show-raw-insn", Repository.Binary("linux-arm64"))
            .Where(line => Instruction().IsMatch(line))];
        int[] newer = [.. Enumerable.Range(0, code.Length).Where(i => NewerThanArmV8().IsMatch(code[i]))];

        Assert.True(code.Length > 300_000, $"only {code.Length} instructions are found");

        // The runtime has some, so a search that finds none does not work.
        Assert.NotEmpty(newer);
        Assert.All(newer, i => Assert.True(
            Enumerable.Range(1, 3).Any(back => FlagTest().IsMatch(code[i - back]) && Enumerable.Range(back + 1, 2).Any(load => FlagLoad().IsMatch(code[i - load]))),
            $"no check of the processor before:\n{string.Join('\n', code[Math.Max(0, i - 8)..(i + 1)])}"));
    }

    [Theory]
    [InlineData("linux-arm64")]
    [InlineData("linux-x64")]
    public void It_is_stripped_and_its_debug_file_lies_beside(string rid)
    {
        string program = Repository.Binary(rid);
        string debug = program + ".dbg";
        string sections = string.Join('\n', Programs.Lines("readelf", "--sections", "-W", program));

        Assert.DoesNotContain(".symtab", sections, StringComparison.Ordinal);
        Assert.DoesNotContain(".debug_", sections, StringComparison.Ordinal);
        Assert.Contains(".debug_info", string.Join('\n', Programs.Lines("readelf", "--sections", "-W", debug)), StringComparison.Ordinal);
        Assert.Equal(BuildId(program), BuildId(debug));

        string link = string.Join('\n', Programs.Lines("readelf", "--debug-dump=links", "-W", program));
        Assert.Contains("cephrbd.dbg", link, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("linux-arm64")]
    [InlineData("linux-x64")]
    public void It_is_a_hardened_program(string rid)
    {
        string program = Repository.Binary(rid);
        string dynamic = string.Join('\n', Programs.Lines("readelf", "--dynamic", "-W", program));
        string segments = string.Join('\n', Programs.Lines("readelf", "--segments", "-W", program));

        Assert.Contains("PIE", dynamic, StringComparison.Ordinal);
        Assert.Contains("NOW", dynamic, StringComparison.Ordinal);
        Assert.Contains("GNU_RELRO", segments, StringComparison.Ordinal);
        Assert.Matches(@"GNU_STACK .* RW ", segments);
        Assert.DoesNotMatch(@"LOAD .* RWE ", segments);
        Assert.DoesNotContain("(RPATH)", dynamic, StringComparison.Ordinal);
        Assert.DoesNotContain("(RUNPATH)", dynamic, StringComparison.Ordinal);
        Assert.DoesNotContain("TEXTREL", dynamic, StringComparison.Ordinal);
    }

    /// <summary>Where a build took place is nobody's business, and would make two builds differ.</summary>
    [Theory]
    [InlineData("linux-arm64")]
    [InlineData("linux-x64")]
    public void It_does_not_tell_where_it_was_built(string rid)
    {
        string program = File.ReadAllText(Repository.Binary(rid), System.Text.Encoding.Latin1);

        Assert.DoesNotContain(Repository.Root + "/", program, StringComparison.Ordinal);
        Assert.DoesNotContain(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + "/.nuget", program, StringComparison.Ordinal);
    }

    private static IEnumerable<(string Name, bool Undefined, bool Weak)> Symbols(string rid) =>
        Programs.Lines("readelf", "--dyn-syms", "-W", Repository.Binary(rid))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(field => field.Length >= 8 && field[0].EndsWith(':') && field[0] != "Num:")
            .Select(field => (field[7], field[6] == "UND", field[4] == "WEAK"));

    private static string BuildId(string path) =>
        Assert.Single(Programs.Lines("readelf", "--notes", "-W", path), line => line.Contains("Build ID:", StringComparison.Ordinal)).Split("Build ID:")[1].Trim();

    private static ulong Hex(string text) => ulong.Parse(text[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Name: GLIBC_([0-9.]+)")]
    private static partial Regex VersionNames();

    [GeneratedRegex(@"\(NEEDED\).*\[(.+)\]")]
    private static partial Regex Needed();

    [GeneratedRegex(@"^\s+[0-9a-f]+:\t[a-z]")]
    private static partial Regex Instruction();

    // Atomics of 8.1 (LSE), loads of 8.3 (RCPC), rounding multiplies, dot products, pointer authentication outside the
    // hint space, JavaScript conversion, complex numbers, SVE; and CRC and cryptography, which 8.0 leaves to the maker.
    [GeneratedRegex(@"\t(cas|casp|swpp?|ldadd|ldclr|ldset|ldeor|ld[su]max|ld[su]min|stadd|stclr|stset|steor|st[su]max|st[su]min)(a|l|al)?[bh]?\t|\t(ldapu?r[bhsw]*|stlur[bh]?|sqrdml[as]h|[su]dot|usdot|retaa|retab|br?l?r?aaz?|blraaz?|ldraa|ldrab|xpac[id]|pac[id][ab]|aut[id][ab]|fjcvtzs|fcadd|fcmla|crc32\w+|aes[a-z]+|sha[0-9]\w+|pmull2?|eor3|bcax|rax1|sm[34]\w+|whilel\w|ptrue|cnt[bhwd]|rdvl|addvl|irg|stz?2?g|ldg|rmif|setf(8|16)|cfinv|axflag|frint(32|64)[zx]|bf\w*dot|bfcvt)\t")]
    private static partial Regex NewerThanArmV8();

    [GeneratedRegex(@"\t(tbn?z|cbn?z)\t")]
    private static partial Regex FlagTest();

    [GeneratedRegex(@"\tldrb?\tw\d+, \[x\d+, #")]
    private static partial Regex FlagLoad();
}
