using System.Text;
using CephRbd.Driver.Protocol;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Admin;

/// <summary>The commands for people: text on stdout, usual exit codes. kubelet calls none of them.</summary>
internal static class AdminCommands
{
    /// <summary>The command a line names; null when it is a verb of kubelet's or unknown.</summary>
    public static Func<CommandLine, int>? Find(CommandLine line) => line.VerbName switch
    {
        "help" => _ => Say(HelpText.All, 0),
        "version" => _ => Say(VersionText.Collect(), 0),
        "" when line.Problem is null => _ => Say(HelpText.All, 2),
        _ => null,
    };

    private static int Say(string text, int exitCode)
    {
        try
        {
            Descriptors.WriteAll(exitCode == 0 ? 1 : 2, Encoding.UTF8.GetBytes(text));
            return exitCode;
        }
        catch (LinuxException)
        {
            // cephrbd help | head -1 closes the pipe early.
            return 1;
        }
    }
}
