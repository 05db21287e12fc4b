using System.Buffers.Binary;
using System.Text;
using CephRbd.Driver.Ceph.Format;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Rados;
using CephRbd.Native.Rbd;

namespace CephRbd.Driver.Ceph;

/// <summary>
/// An image whose name is taken, but that cannot be opened: its creation (or removal) was cut off between its name
/// and its header. Nothing can be in it, and nobody can use it until the name is given up.
/// </summary>
internal static class HalfMadeImage
{
    /// <summary>A creation that is under way gets from the name to the header within milliseconds; one that took this long is dead.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Waits for the header that another call may be about to write. If none comes, gives the name up and creates the
    /// image, both under a lock: of many calls that meet here one clears the way, and none takes away what it made.
    /// </summary>
    /// <param name="pool">The image's pool.</param>
    /// <param name="spec">The volume.</param>
    /// <param name="create">Creates the image; false if its name is taken.</param>
    /// <param name="steps">The call's steps and deadline.</param>
    /// <returns>Whether this call created the image; if not, it is to be looked at again.</returns>
    /// <exception cref="VolumeException">The time of this call is over.</exception>
    /// <exception cref="Native.CephException">The cluster failed.</exception>
    public static bool Settle(RadosIoContext pool, VolumeSpec spec, Func<bool> create, Steps steps)
    {
        (string? Id, bool HasHeader) first = Look(pool, spec.Image);
        for (TimeSpan start = steps.Deadline.Elapsed; steps.Deadline.Elapsed - start < _patience;)
        {
            if (Look(pool, spec.Image) is var now && (now.HasHeader || now != first))
            {
                return false;
            }

            if (steps.Deadline.Token.WaitHandle.WaitOne(_pause))
            {
                steps.Deadline.Check();
            }
        }

        using FormatLock oneAtATime = FormatLock.Take(pool, "name." + spec.Image, spec.ImageSpec, steps.Deadline);
        if (Look(pool, spec.Image) != first)
        {
            return false;
        }

        steps.Run($"remove what was left of an unfinished image {spec.ImageSpec}", () => RbdImages.Remove(pool, spec.Image));
        return create();
    }

    private static (string? Id, bool HasHeader) Look(RadosIoContext pool, string image)
    {
        string? id = IdOf(pool, image);
        return (id, id is not null && pool.Read("rbd_header." + id, 1) is not null);
    }

    // The name's object holds the id: a 32-bit length, then the text. It is written in one operation.
    private static string? IdOf(RadosIoContext pool, string image)
    {
        byte[]? content = pool.Read("rbd_id." + image, 256);
        return content is { Length: > 4 } && BinaryPrimitives.ReadInt32LittleEndian(content) is > 0 and var length && length <= content.Length - 4
            ? Encoding.UTF8.GetString(content, 4, length)
            : null;
    }
}
