using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Mounting;

/// <summary>The verbs of a volume that is attached first: an image stays mapped from attach to detach, mounted or not.</summary>
internal sealed class Attaching(DriverConfig config, ImageAttacher attacher, Mappers mappers, AttachRecords records, Stages stages)
{
    /// <summary>Maps the image for a volume, and remembers the volume's name; for another node nothing is done.</summary>
    /// <returns>The device.</returns>
    /// <exception cref="VolumeException">It could not be done; says why.</exception>
    public string Attach(VolumeSpec spec, string? node)
    {
        // A controller calls for any node, from any host: what is mapped is mapped by the node's own calls.
        if (!NodeNames.IsThisNode(node, config))
        {
            return "rbd:" + spec.ImageSpec;
        }

        stages.Sweep();
        using CallLock alone = stages.Lock(stages.NameOf(spec));
        string volume = spec.VolumeName ?? spec.ImageSpec;
        ImageIdentity image = attacher.IdentityOf(spec);
        AttachRecords.Record? before = records.Find(volume);
        if (before is not null && before.Image.Compare(image) == Match.No)
        {
            throw new VolumeException(
                $"the volume name {volume} stands for image {before.Image.ImageSpec} on this node, and kubelet tells attached volumes apart by their names alone: detach that first (cephrbd detach {volume}), or give this volume another name");
        }

        // The record first: a call that is killed in between leaves one that detach knows what to do with.
        if (before is null)
        {
            records.Write(new AttachRecords.Record(volume, spec.Cluster, image));
        }

        return UndoStack.Guard(undo =>
        {
            if (before is null)
            {
                undo.Push($"the record of {volume}", () => records.Remove(volume));
            }

            MappedImage device = attacher.Attach(spec, undo).Device;

            // Now the image's id is known, which no other image has, whatever the kernel tells of clusters.
            records.Write(new AttachRecords.Record(volume, spec.Cluster, image with { ImageId = device.Identity.ImageId }));
            return device.DevicePath;
        });
    }

    /// <summary>Whether the image is mapped here.</summary>
    /// <exception cref="VolumeException">It can't be told.</exception>
    public bool IsAttached(VolumeSpec spec, string? node) =>
        // Nobody can look into another node from here; kubelet's own default is to believe so.
        !NodeNames.IsThisNode(node, config) || attacher.FindMapped(spec) is not null;

    /// <summary>Unmaps the image of a volume, unless another volume stands for it; one that is not attached is fine.</summary>
    /// <exception cref="VolumeException">It is in use; says by whom.</exception>
    public void Detach(string volumeName, string? node)
    {
        if (!NodeNames.IsThisNode(node, config) || records.Find(volumeName) is not { } record)
        {
            return;
        }

        string name = StageName.Of(record.Cluster, record.Image);
        using CallLock imageLock = stages.Lock(name);
        if (records.All().Any(other => other.Volume != volumeName && other.Image.Compare(record.Image) != Match.No))
        {
            records.Remove(volumeName);
            return;
        }

        foreach (MappedImage device in attacher.Candidates(record.Image with { ClusterFsid = attacher.FsidOf(record.Cluster) }))
        {
            string[] mounts = [.. MountTable.Read().Of(device.Major, device.Minor).Select(mount => mount.MountPoint)];
            if (mounts.Length > 0)
            {
                throw new VolumeException(
                    $"image {record.Image.ImageSpec}: the volume {volumeName} cannot be detached, {device.DevicePath} is mounted at {string.Join(", ", mounts.Take(3))}: unmount it first");
            }

            mappers.Unmap(device);
            attacher.GiveBack(record.Cluster, device);
        }

        records.Remove(volumeName);
    }

    /// <summary>Where kubelet has had the image mounted by mountdevice; null when it has not.</summary>
    /// <exception cref="VolumeException">It is mounted for reading only, and wanted for writing.</exception>
    public string? MountOf(VolumeSpec spec, bool readOnly)
    {
        if (!config.Attach || attacher.FindMapped(spec) is not { } device)
        {
            return null;
        }

        if (MountTable.Read().Of(device.Major, device.Minor).FirstOrDefault(entry => entry.Root == "/") is not { } mount)
        {
            return null;
        }

        attacher.RequireAccess(spec);
        return mount.IsReadOnly && !readOnly
            ? throw new VolumeException($"image {spec.ImageSpec} is mounted read-only at {mount.MountPoint}, so it cannot be given to a pod for writing")
            : mount.MountPoint;
    }
}
