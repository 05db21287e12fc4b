namespace CephRbd.ArtifactTests;

/// <summary>Where things are.</summary>
internal static class Repository
{
    /// <summary>The folder that CephRbd.sln lies in, above the test program.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>What <c>./build.sh publish package image</c> made.</summary>
    public static string Artifacts => Path.Combine(Root, "artifacts");

    /// <summary>The folder of this project's sources.</summary>
    public static string Tests => Path.Combine(Root, "tests", "CephRbd.ArtifactTests");

    /// <summary>The published program of a runtime identifier.</summary>
    /// <exception cref="FileNotFoundException">It was not published.</exception>
    public static string Binary(string rid)
    {
        string path = Path.Combine(Artifacts, rid, "cephrbd");
        return File.Exists(path) ? path : throw new FileNotFoundException($"there is no {path}: run ./build.sh publish");
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "CephRbd.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("no CephRbd.sln above the tests");
    }
}
