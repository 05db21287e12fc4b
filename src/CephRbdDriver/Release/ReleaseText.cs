using System.Text;
using CephRbd.Driver.Ceph.Reservations;

namespace CephRbd.Driver.Release;

/// <summary>What <c>cephrbd release</c> says: who has an image, and what would become of them.</summary>
internal static class ReleaseText
{
    /// <summary>Who has it.</summary>
    public static string State(string image, ReservationLook look)
    {
        var text = new StringBuilder();
        text.AppendLine($"image {image}");
        text.AppendLine($"  {(look.IsGivenBack ? "was given to" : "given to  ")} {look.Unreadable ?? look.Note?.ToString() ?? "nobody"}");
        text.AppendLine($"  kept for   {(look.Holders.Count == 0 ? "nobody: whoever has not opened it by now has lost it" : string.Join("; ", look.Holders.Select(holder => holder.Writer?.ToString() ?? holder.Locker.Client).Distinct()))}");
        text.AppendLine($"  open by    {(look.Watchers.Count == 0 ? "nobody" : string.Join(", ", look.Watchers.Select(watcher => $"client.{watcher.ClientId} at {watcher.Address}")))}");
        text.AppendLine($"  locked by  {(look.Locks.Count == 0 ? "nobody" : string.Join(", ", look.Locks.Select(owner => $"{owner.Client} at {owner.Address} (\"{owner.Cookie}\")")))}");
        return text.ToString();
    }

    /// <summary>What a release would do and break.</summary>
    /// <param name="look">What is seen.</param>
    /// <param name="shutOut">Whether clients that have the image open are shut out.</param>
    public static string Consequences(ReservationLook look, bool shutOut)
    {
        var text = new StringBuilder("Releasing it\n");
        if (look.Gone.Count > 0)
        {
            text.AppendLine($"  - shuts out {string.Join(", ", look.Gone)} for 30 days (osd blocklist): if that still runs somewhere, all that it writes fails;");
        }

        if (look.Watchers.Count > 0 && shutOut)
        {
            text.AppendLine($"  - shuts out {string.Join(", ", look.Watchers.Select(watcher => watcher.Address).Distinct())} as well, which has the image open NOW: its VM or file system gets I/O errors at once, and what it has not written is lost. A client of the kernel's may serve other images of that node: they fail, too;");
        }
        else if (look.Watchers.Count > 0)
        {
            text.AppendLine("  - helps nobody as long as the image is open: the next mount finds that out and is refused. End that pod or client first, or add --shut-out;");
        }

        if (look.Gone.Count == 0 && look.Watchers.Count == 0 && look.Note is { } note)
        {
            text.AppendLine($"  - shuts nobody out, since nobody is known: if a VM or container of node {note.Writer.Node} still runs and is only cut off, it writes when it is back, and the file system is destroyed. Be sure that it does not;");
        }

        text.AppendLine("  - gives the image to whoever mounts it next.");
        return text.ToString();
    }

    /// <summary>
    /// What to do about clients that have the image open and run nowhere: Ceph before 18.2.5 never forgets one that was
    /// killed while its OSD had not yet answered that it watches the image.
    /// </summary>
    /// <param name="pool">The image's pool.</param>
    /// <param name="rbdNamespace">Its namespace; null for none.</param>
    /// <param name="look">What is seen.</param>
    public static string Lingering(string pool, string? rbdNamespace, ReservationLook look)
    {
        if (look.Watchers.Count == 0)
        {
            return "";
        }

        string header = $"ceph osd map {pool} rbd_header.{look.ImageId}{(rbdNamespace is null ? "" : " " + rbdNamespace)}";
        return $"""
            As long as it is open, no other writer gets it. Find the client on the host of its address, and end it there.
            If it runs nowhere, and is listed here for more than a minute, it was killed while it opened the image, and
            Ceph before 18.2.5 does not forget it. Let the OSDs look again, with the admin key; 30 s later it is gone:
              ceph pg repeer $({header} -f json | jq -r .pgid)
            (before Nautilus: ceph osd down N, the first OSD that "{header}" names; it comes back by itself)

            """;
    }
}
