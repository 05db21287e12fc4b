using CephRbd.Driver.Config;
using CephRbd.Driver.FileSystems;
using CephRbd.Driver.Host;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Mounting;

/// <summary>
/// Ordinary containers: the image is mapped on the node, mounted once, and bound into each pod's dir. What is mapped
/// and mounted is always read off the kernel, so whatever was killed or restarted, the next call goes on from there.
/// </summary>
internal sealed class HostRuntime : IVolumeRuntime
{
    private readonly DriverConfig _config;
    private readonly IImages _images;
    private readonly Steps _steps;
    private readonly Mappers _mappers;
    private readonly Attaching _attaching;
    private readonly ImageAttacher _attacher;
    private readonly Stages _stages;
    private readonly PodDirs _dirs;
    private readonly Unfinished _unfinished;

    /// <param name="config">The config in force.</param>
    /// <param name="images">The cluster's images.</param>
    /// <param name="steps">The call's steps and deadline.</param>
    public HostRuntime(DriverConfig config, IImages images, Steps steps)
    {
        _config = config;
        _images = images;
        _steps = steps;
        _mappers = new Mappers(config, steps);
        var records = new AttachRecords(config);
        _attacher = new ImageAttacher(config, images, _mappers, records, steps);
        _stages = new Stages(config, _mappers, _attacher, records, steps);
        _attaching = new Attaching(config, _attacher, _mappers, records, _stages);
        _dirs = new PodDirs(config, _mappers, steps);
        _unfinished = new Unfinished(config);
    }

    /// <inheritdoc/>
    public Capabilities Capabilities => new(
        Attach: _config.Attach, FsGroup: true, SelinuxRelabel: true, SupportsMetrics: true, RequiresFsResize: true);

    /// <inheritdoc/>
    public bool Owns(string mountDir) => PodDirs.HasDeviceMount(mountDir);

    /// <inheritdoc/>
    public string Attach(VolumeSpec spec, string? node)
    {
        _ = OptionsOf(ref spec);
        return _attaching.Attach(spec, node);
    }

    /// <inheritdoc/>
    public string WaitForAttach(string device, VolumeSpec spec) =>
        _attacher.FindMapped(spec)?.DevicePath ?? Attach(spec, node: null);

    /// <inheritdoc/>
    public bool IsAttached(VolumeSpec spec, string? node) => _attaching.IsAttached(spec, node);

    /// <inheritdoc/>
    public void MountDevice(string deviceMountDir, string device, VolumeSpec spec)
    {
        RequireAbsolute(deviceMountDir);
        MountOptions options = OptionsOf(ref spec);
        using CallLock dirLock = LockDir(deviceMountDir);
        using CallLock imageLock = _stages.Lock(_stages.NameOf(spec));
        PodDirs.Make(deviceMountDir);
        ImageIdentity image = _attacher.IdentityOf(spec);
        VolumeSpec volume = spec;
        if (Stands() || _stages.ComesToStand(spec, Stands))
        {
            return;
        }

        UndoStack.Guard(undo =>
        {
            try
            {
                _stages.Mount(_attacher.Attach(volume, undo), deviceMountDir, volume, options);
            }
            catch (VolumeException e) when (e is not DeadlineException && PodDirs.HasDeviceMount(deviceMountDir))
            {
                if (!Stands())
                {
                    throw;
                }

                _steps.Note($"an earlier call's mount came to its end meanwhile: {e.Message}");
            }

            return true;
        });

        bool Stands() => _dirs.Stands(deviceMountDir, volume, image, options.ReadOnly);
    }

    /// <inheritdoc/>
    public void Mount(string mountDir, VolumeSpec spec)
    {
        RequireDirectory(mountDir);
        MountOptions options = OptionsOf(ref spec);
        using CallLock dirLock = LockDir(mountDir);
        _dirs.Sweep();
        var table = MountTable.Read();
        if (_dirs.Stands(mountDir, spec, _attacher.IdentityOf(spec), options.ReadOnly, table))
        {
            _steps.Note("the volume stands there already: nothing to do");
            return;
        }

        string name = _stages.NameOf(spec);
        _stages.Sweep(except: name, table);
        using CallLock imageLock = _stages.Lock(name);
        string stage = _attaching.MountOf(spec, options.ReadOnly) ?? _stages.Ensure(spec, options);
        UndoStack.Guard(undo =>
        {
            // Nobody else may use the stage: then it goes as well.
            undo.Push($"the stage {stage}", () => _stages.Release(name));
            _dirs.Give(stage, mountDir, options);
            return true;
        });
    }

    /// <inheritdoc/>
    public void Unmount(string mountDir)
    {
        RequireAbsolute(mountDir);
        using CallLock dirLock = LockDir(mountDir);
        if (KindOf(mountDir) != FileKind.Missing)
        {
            _dirs.Sweep();
            foreach ((uint major, uint minor) in _dirs.TakeBack(mountDir))
            {
                if (_stages.NameOf(major, minor) is { } name)
                {
                    Finish(mountDir, name);
                }
            }
        }

        if (_unfinished.Of(mountDir) is { } left)
        {
            Finish(mountDir, left);
        }

        _stages.Sweep();
    }

    /// <inheritdoc/>
    public void UnmountDevice(string deviceMountDir)
    {
        RequireAbsolute(deviceMountDir);
        using CallLock dirLock = LockDir(deviceMountDir);
        if (KindOf(deviceMountDir) != FileKind.Missing)
        {
            _dirs.TakeBack(deviceMountDir);
        }
    }

    /// <inheritdoc/>
    public void Detach(string volumeName, string? node) => _attaching.Detach(volumeName, node);

    /// <inheritdoc/>
    public ulong ExpandVolume(VolumeSpec spec, ulong newBytes)
    {
        ulong size = _images.Grow(spec, newBytes);
        if (_attacher.FindMapped(spec) is { } device)
        {
            new Expansion(_mappers, _steps).AwaitSize(device, size);
        }

        return size;
    }

    /// <inheritdoc/>
    public void ExpandFileSystem(VolumeSpec spec, string device, string deviceMountDir)
    {
        string name = _stages.NameOf(spec);
        using CallLock imageLock = _stages.Lock(name);
        var expansion = new Expansion(_mappers, _steps);
        if (_attacher.FindMapped(spec) is { } mapped && expansion.GrowMounted(mapped, spec))
        {
            return;
        }

        // A file system grows while it is mounted, so it is mounted for that long. Mounting alone would do as much,
        // but only for what is worth a program's start.
        UndoStack.Guard(undo =>
        {
            _stages.Ensure(spec, OptionsOf(ref spec));
            undo.Push($"the stage {name}", () => _stages.Release(name));
            return expansion.GrowMounted(_attacher.FindMapped(spec) ?? throw new VolumeException($"image {spec.ImageSpec}: its mapping is gone"), spec);
        });
        _stages.Release(name);
    }

    private void Finish(string mountDir, string stage)
    {
        using CallLock imageLock = _stages.Lock(stage);
        try
        {
            _stages.Release(stage);
        }
        catch
        {
            // kubelet asks again; by then nothing is mounted in the dir that would tell which image it was.
            _unfinished.Write(mountDir, stage);
            throw;
        }

        _unfinished.Remove(mountDir);
    }

    // "ro" among the options means what kubelet's own word for it means.
    private MountOptions OptionsOf(ref VolumeSpec spec)
    {
        MountOptions options = spec.MountOptions is { } own
            ? MountOptions.Parse(own, "option \"mountOptions\"")
            : MountOptions.Parse(_config.MountOptions ?? "", "mountOptions in the config");
        spec = spec with { ReadOnly = options.ReadOnly || spec.ReadOnly };
        return options with { ReadOnly = spec.ReadOnly };
    }

    private CallLock LockDir(string dir) => _steps.Run(
        $"lock {dir}", () => CallLock.Take(_config.RunDir, dir, _steps.Deadline), "another cephrbd call for the same dir: ps -C cephrbd");

    private static void RequireDirectory(string dir)
    {
        RequireAbsolute(dir);
        if (KindOf(dir) != FileKind.Directory)
        {
            throw new VolumeException($"{dir} is not a directory (a symbolic link is not followed); kubelet makes it before it calls");
        }
    }

    private static void RequireAbsolute(string dir)
    {
        if (!dir.StartsWith('/'))
        {
            throw new VolumeException($"the mount dir \"{dir}\" is not an absolute path");
        }
    }

    private static FileKind KindOf(string dir)
    {
        try
        {
            return Files.KindOf(Path.TrimEndingDirectorySeparator(dir));
        }
        catch (LinuxException)
        {
            // A mount whose device is gone.
            return FileKind.Directory;
        }
    }
}
