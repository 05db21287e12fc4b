namespace CephRbd.Driver;

internal static class Program
{
    private static int Main(string[] args)
    {
        Serilog.Log.Logger = new Serilog.LoggerConfiguration().CreateLogger();
        _ = CliWrap.Cli.Wrap("true");
        return args.Length;
    }
}
