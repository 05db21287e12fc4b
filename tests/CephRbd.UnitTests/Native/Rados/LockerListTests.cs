using System.Text;
using CephRbd.Native;
using CephRbd.Native.Rados;

namespace CephRbd.UnitTests.Native.Rados;

public class LockerListTests
{
    [Fact]
    public void Holders_are_put_together_from_the_four_buffers()
    {
        byte[] buffer = Quarters("tag\0", "client.1\0client.2\0", "c1\0\0", "1.2.3.4:0/1\0[::1]:0/2\0");

        Assert.Equal(
            [new RadosLocker("client.1", "c1", "1.2.3.4:0/1"), new RadosLocker("client.2", "", "[::1]:0/2")],
            LockerList.Parse(buffer, 2));
    }

    [Fact]
    public void Only_as_many_holders_as_were_counted_are_taken() =>
        Assert.Single(LockerList.Parse(Quarters("", "client.1\0client.2\0", "c1\0c2\0", "a\0b\0"), 1));

    [Fact]
    public unsafe void Buffers_grow_to_the_longest_of_the_lists()
    {
        List<nuint> offered = [];

        IReadOnlyList<RadosLocker> lockers = LockerList.Fetch(
            "rados_list_lockers",
            "object",
            (exclusive, tag, clients, cookies, addresses, lengths) =>
            {
                offered.Add(lengths[3]);
                if (lengths[3] < 1000)
                {
                    (lengths[0], lengths[1], lengths[2], lengths[3]) = (1, 9, 3, 1000);
                    return -Errno.Range;
                }

                "client.1\0"u8.CopyTo(new Span<byte>(clients, 9));
                "c1\0"u8.CopyTo(new Span<byte>(cookies, 3));
                new Span<byte>(addresses, 999).Fill((byte)'a');
                return 1;
            });

        Assert.Equal([256, 1000], offered);
        Assert.Equal(999, Assert.Single(lockers).Address.Length);
    }

    [Fact]
    public unsafe void No_object_means_no_holders() =>
        Assert.Empty(LockerList.Fetch("rados_list_lockers", "object", (_, _, _, _, _, _) => -Errno.NoEntry));

    private static byte[] Quarters(params string[] texts)
    {
        byte[] buffer = new byte[4 * 64];
        for (int i = 0; i < texts.Length; i++)
        {
            Encoding.UTF8.GetBytes(texts[i]).CopyTo(buffer, i * 64);
        }

        return buffer;
    }
}
