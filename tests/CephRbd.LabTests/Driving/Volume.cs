using System.Text;
using System.Text.Json.Nodes;

namespace CephRbd.LabTests.Driving;

/// <summary>The options of a volume, as kubelet writes them.</summary>
public static class Volume
{
    /// <summary>The options of an image, as for attach.</summary>
    public static string Options(string image, params (string Name, string Value)[] more)
    {
        ArgumentNullException.ThrowIfNull(more);
        JsonObject json = new() { ["volumeID"] = image, ["kubernetes.io/readwrite"] = "rw" };
        foreach ((string name, string value) in more)
        {
            json[name] = value;
        }

        return json.ToJsonString();
    }

    /// <summary>The same with what kubelet adds for mount.</summary>
    public static string PodOptions(string image, params (string Name, string Value)[] more)
    {
        ArgumentNullException.ThrowIfNull(more);
        return Options(image,
        [
            ("kubernetes.io/pvOrVolumeName", "data"),
            ("kubernetes.io/pod.name", "web-0"),
            ("kubernetes.io/pod.namespace", "default"),
            ("kubernetes.io/pod.uid", "5d1e4c9a-0c3f-4b0e-9f44-1f2a7c0d9b11"),
            ("kubernetes.io/serviceAccount.name", "default"),
            .. more,
        ]);
    }

    public static (string Name, string Value) Size(string size) => ("size", size);

    public static (string Name, string Value) FsType(string fsType) => ("kubernetes.io/fsType", fsType);

    public static (string Name, string Value) ReadOnly => ("kubernetes.io/readwrite", "ro");

    /// <summary>An entry of the pod's Kubernetes Secret.</summary>
    public static (string Name, string Value) Secret(string name, string value) =>
        ("kubernetes.io/secret/" + name, Convert.ToBase64String(Encoding.UTF8.GetBytes(value)));
}
