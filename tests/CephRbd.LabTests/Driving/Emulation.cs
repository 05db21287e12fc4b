namespace CephRbd.LabTests.Driving;

/// <summary>
/// Whether the published program is one for arm64 on a machine that is not: CEPHRBD_EMULATION then names the folder
/// that <c>deploy/lab/emulate/emulate.sh</c> made to run it from.
/// </summary>
public static class Emulation
{
    private const string Variable = "CEPHRBD_EMULATION";

    /// <summary>The folder; null without emulation.</summary>
    public static string? Folder => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder ? folder : null;

    /// <summary>What compiles C for the program's processor.</summary>
    public static string Compiler => Folder is null ? "cc" : "aarch64-linux-gnu-gcc";
}
