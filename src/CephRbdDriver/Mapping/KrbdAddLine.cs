using System.Globalization;
using System.Text;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Mapping;

/// <summary>
/// Writes the line by which the kernel maps an image: <c>MONITORS OPTIONS POOL IMAGE SNAPSHOT</c>. Its fields are separated
/// by white space and its options by commas, and nothing can be escaped.
/// </summary>
internal static class KrbdAddLine
{
    /// <summary>The length in bytes from which on the kernel cuts the line off.</summary>
    public const int MaxBytes = 4096;

    /// <summary>The kernel from which on I/O can be given a time-out.</summary>
    public static readonly Version OsdRequestTimeoutSince = new(4, 11);

    /// <summary>The kernel from which on an image may lie in a namespace.</summary>
    public static readonly Version NamespaceSince = new(4, 19);

    /// <summary>The kernel from which on messenger v2 is spoken.</summary>
    public static readonly Version MessengerV2Since = new(5, 11);

    /// <summary>Says why the kernel can't take a request.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The reason as half a sentence, such as <c>the pool's name holds " ", …</c>, or null when it can.</returns>
    public static string? Problem(KrbdMapRequest request)
    {
        ImageIdentity identity = request.Identity;
        string? problem = Field("the pool's name", identity.Pool, isOption: false)
            ?? Field("the image's name", identity.Image, isOption: false)
            ?? (identity.Snapshot is string snapshot ? Field("the snapshot's name", snapshot, isOption: false) : null)
            ?? (HasNamespace(identity) ? Field("the namespace's name", identity.Namespace!, isOption: true) : null)
            ?? Field("the user's name", request.User, isOption: true);
        if (problem is not null)
        {
            return problem;
        }

        if (request.Monitors.Count == 0)
        {
            return "no address of a monitor is known";
        }

        if (HasNamespace(identity) && request.Kernel < NamespaceSince)
        {
            return $"kernel {request.Kernel} can't map an image in a namespace: that needs {NamespaceSince}";
        }

        if (request.V2Only && request.Kernel < MessengerV2Since)
        {
            return $"kernel {request.Kernel} speaks to monitors by messenger v1 only (port 6789), and these have v2 only: that needs {MessengerV2Since}";
        }

        int bytes = Encoding.UTF8.GetByteCount(Build(request));
        return bytes >= MaxBytes ? $"the line for the kernel would be {bytes} bytes long, and fewer than {MaxBytes} fit" : null;
    }

    /// <summary>Writes the line.</summary>
    /// <param name="request">A request without <see cref="Problem"/>.</param>
    /// <returns>The line, without a line end. It names the key in the kernel's key ring and never holds one.</returns>
    public static string Build(KrbdMapRequest request)
    {
        ImageIdentity identity = request.Identity;
        List<string> options = [$"name={request.User}"];
        if (request.HasKey)
        {
            options.Add($"key=client.{request.User}");
        }

        options.Add(request.ReadOnly ? "ro" : "rw");
        options.Add($"mount_timeout={Number(Math.Max(1, request.MountTimeoutSeconds))}");
        if (request.OsdRequestTimeoutSeconds > 0 && request.Kernel >= OsdRequestTimeoutSince)
        {
            options.Add($"osd_request_timeout={Number(request.OsdRequestTimeoutSeconds)}");
        }

        if (request.OwnClient)
        {
            options.Add("noshare");
        }

        if (HasNamespace(identity))
        {
            options.Add($"_pool_ns={identity.Namespace}");
        }

        if (request.V2Only)
        {
            options.Add("ms_mode=prefer-crc");
        }

        return $"{string.Join(',', request.Monitors)} {string.Join(',', options)} {identity.Pool} {identity.Image} {identity.Snapshot ?? "-"}";
    }

    private static bool HasNamespace(ImageIdentity identity) => !string.IsNullOrEmpty(identity.Namespace);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string? Field(string what, string text, bool isOption)
    {
        if (text.Length == 0)
        {
            return $"{what} is empty";
        }

        foreach (char c in text)
        {
            if (c == ' ' || char.IsControl(c) || (isOption && c == ','))
            {
                return $"{what} holds {Shown.Character(c)}, which the kernel takes for the end of it";
            }
        }

        return null;
    }
}
