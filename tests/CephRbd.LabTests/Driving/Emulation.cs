namespace CephRbd.LabTests.Driving;

/// <summary>
/// Whether the published program is one for arm64 on a machine that is not: CEPHRBD_EMULATION then names the folder
/// that <c>deploy/lab/emulate/emulate.sh</c> made to run it from.
/// </summary>
public static class Emulation
{
    private const string Variable = "CEPHRBD_EMULATION";
    private static readonly TimeSpan _slowness = TimeSpan.FromSeconds(5);

    /// <summary>The folder; null without emulation.</summary>
    public static string? Folder => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder ? folder : null;

    /// <summary>What compiles C for the program's processor.</summary>
    public static string Compiler => Folder is null ? "cc" : "aarch64-linux-gnu-gcc";

    /// <summary>
    /// How long a call may take that is to end at its deadline: emulated, loading Ceph's libraries alone can take
    /// seconds on a busy machine.
    /// </summary>
    public static TimeSpan Limit(double seconds) => TimeSpan.FromSeconds(seconds) + (Folder is null ? TimeSpan.Zero : _slowness);
}
