using System.Text;
using CephRbd.Driver.Ceph.Reservations;
using CephRbd.Driver.Volumes;
using CephRbd.UnitTests.Volumes;

namespace CephRbd.UnitTests.Ceph.Reservations;

public class ReservationNoteTests
{
    [Fact]
    public void What_is_written_is_read()
    {
        var writer = new Writer("n1", "m1", "uid \"1\"", "/var/lib/kubelet/pods/ü 1") { Boot = "b1", Pod = "default/db-0" };
        var note = new ReservationNote(writer, new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(8)), ["172.16.4.101:0/7", "[fd00::1]:0/8"]) { UnderExclusiveLock = true };
        ReservationNote read = ReservationNote.Parse(note.ToJson(), "hyper/db")!;
        Assert.Equal(note.Writer, read.Writer);
        Assert.Equal(note.Since, read.Since);
        Assert.Equal(note.Clients, read.Clients);
        Assert.True(read.UnderExclusiveLock);
        Assert.False(ReservationNote.Parse((note with { UnderExclusiveLock = false }).ToJson(), "hyper/db")!.UnderExclusiveLock);
    }

    [Fact]
    public void A_note_that_tells_nothing_of_the_exclusive_lock_is_read_as_without() => Assert.False(
        ReservationNote.Parse("{\"node\":\"n1\",\"since\":\"2026-01-01\",\"clients\":[\"172.16.4.101:0/7\"]}"u8.ToArray(), "hyper/db")!.UnderExclusiveLock);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void An_object_without_a_note_is_nobodys(string? text) => Assert.Null(ReservationNote.Parse(Bytes(text), "hyper/db"));

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"node\":1}")]
    [InlineData("{\"node\":null,\"since\":\"2026-01-01\",\"clients\":[]}")]
    [InlineData("{\"node\":\"n\",\"clients\":[]}")]
    [InlineData("{\"node\":\"n\",\"since\":\"then\",\"clients\":[]}")]
    [InlineData("{\"node\":\"n\",\"since\":\"2026-01-01\"}")]
    [InlineData("{\"node\":\"n\",\"since\":\"2026-01-01\",\"clients\":[\"172.16.4.101:0/0\"]}")]
    [InlineData("{\"node\":\"n\",\"since\":\"2026-01-01\",\"clients\":[\"172.16.4.101\"]}")]
    [InlineData("{\"node\":\"n\",\"since\":\"2026-01-01\",\"clients\":[\"172.16.4.0/24\"]}")]
    [InlineData("{\"node\":\"n\",\"since\":\"2026-01-01\",\"clients\":[\"x:0/7\"]}")]
    [InlineData("{\"node\":\"n\",\"since\":\"2026-01-01\",\"clients\":[null]}")]
    [InlineData("{\"node\":\"n\",\"since\":\"2026-01-01\",\"clients\":[],\"exclusiveLock\":1}")]
    public void What_is_no_note_keeps_writers_out_and_says_how_to_take_it_away(string text) => Assert.Contains(
        "cephrbd release hyper/db",
        Assert.Throws<VolumeException>(() => ReservationNote.Parse(Bytes(text), "hyper/db")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Any_text_is_a_note_or_is_refused_in_words() => Hostile.Feed(
        ["{", "}", "\"node\":", "\"n1\"", ",", "\"since\":", "\"2026-01-02T03:04:05Z\"", "\"clients\":", "[", "]", "\"1.2.3.4:0/5\"", "null", "1", "\"machine\":", "\"dir\":"],
        text => ReservationNote.Parse(Encoding.UTF8.GetBytes(text), "hyper/db"));

    [Theory]
    [InlineData("t}\0l\n")]
    [InlineData("{\"node\":\"n\",\"since\":\"th\\nen\",\"clients\":[]}")]
    public void What_is_quoted_of_it_stays_on_one_line(string text) => Assert.DoesNotContain(
        Assert.Throws<VolumeException>(() => ReservationNote.Parse(Bytes(text), "hyper/db")).Message, char.IsControl);

    private static byte[]? Bytes(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);
}
