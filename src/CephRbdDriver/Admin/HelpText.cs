using CephRbd.Driver.Protocol;

namespace CephRbd.Driver.Admin;

/// <summary>What <c>cephrbd help</c> says.</summary>
internal static class HelpText
{
    /// <summary>The whole text.</summary>
    public static string All => $$"""
        cephrbd - kubelet's FlexVolume driver for Ceph RBD images (hyper~cephrbd)

        For people:
          cephrbd help       this text
          cephrbd version    versions of cephrbd, librados and librbd
          cephrbd status [--json] [--config FILE]
                             this node's volumes, and what is not right with them
          cephrbd doctor [--json] [--pool POOL] [--user USER] [--config FILE]
                             whatever a volume needs of node and cluster: what fails, and
                             what to do about it; exit status 1 if anything fails
          cephrbd release [--yes] [--shut-out] [--config FILE] POOL/IMAGE
                             who has an image for writing, and what it would break to take
                             it from them; with --yes it is done

        As kubelet calls it; each answers one line of JSON:
        {{Verbs()}}

        Before the verb:
          --config FILE          instead of CEPHRBD_CONFIG or /etc/cephrbd/config.json
          --runtime hyper|host   instead of the config's
          --verbose              each step with its milliseconds, on stderr

        json is a flat object of strings:
          volumeID        the image (required)
          pool            its pool (default: the config's, hyper)
          size            create the image with this size if it is absent: 10Gi, 500M, bytes
          user            Ceph user (default: the config's, admin)
          cluster         NAME: /etc/ceph/NAME.conf and its keyring
          namespace       rados namespace
          dataPool        pool for a new image's data
          imageFeatures   of a new image: 61, or layering,exclusive-lock,...
          objectSize      of a new image: 4Mi
          mkfsOptions     more arguments for mkfs
          mountOptions    runtime host: noatime,discard,...
          mapper          runtime host: auto (default), krbd or nbd
          kubernetes.io/fsType      ext4 (default), ext3, ext2, xfs, btrfs, ...
          kubernetes.io/readwrite   rw (default) or ro

        Examples:
          cephrbd attach '{"volumeID":"vol1","size":"10Gi"}'
          cephrbd --verbose mount /mnt/x '{"volumeID":"vol1"}'
          cephrbd unmount /mnt/x

        """;

    private static string Verbs() => string.Join('\n', Verb.All.Select(verb => "  " + verb.Usage));
}
