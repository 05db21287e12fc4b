using System.Text;
using System.Text.Json;
using CephRbd.Driver.Secrets;
using CephRbd.UnitTests.Volumes;
using FsCheck;
using FsCheck.Fluent;

namespace CephRbd.UnitTests.Secrets;

public class RedactorTests
{
    [Theory]
    [InlineData("")]
    [InlineData("rbd: map failed: (6) No such device or address")]
    [InlineData("unknown key: pool")]
    [InlineData("the key of client.admin was refused")]
    [InlineData("keyring=/etc/ceph/ceph.client.admin.keyring")]
    [InlineData("{\"keyring\":\"/etc/ceph/x\"}")]
    [InlineData("monkey=1 keyid=2")]
    [InlineData("AQ== Ag== QV== QVFB AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=")]
    public void Harmless_text_stays(string text) => Assert.Equal(text, Redactor.Redact(text));

    [Theory]
    [InlineData("key = swordfish\n", "key = ***\n")]
    [InlineData("\tkey=swordfish # c", "\tkey=*** # c")]
    [InlineData("rbd:p/i:id=admin:key=swordfish:mon_host=a", "rbd:p/i:id=admin:key=***:mon_host=a")]
    [InlineData("name=admin,secret=swordfish,queue_depth=1", "name=admin,secret=***,queue_depth=1")]
    [InlineData("{\"userKey\":\"swordfish\",\"a\":\"b\"}", "{\"userKey\":\"***\",\"a\":\"b\"}")]
    [InlineData("{\"userKey\" : \"sword\\\"fish\"}", "{\"userKey\" : \"***\"}")]
    [InlineData("\"{\\\"key\\\":\\\"swordfish\\\",\\\"a\\\":1}\"", "\"{\\\"key\\\":\\\"***\\\",\\\"a\\\":1}\"")]
    [InlineData("{\"keyring\":\"swordfish\"}", "{\"keyring\":\"***\"}")]
    [InlineData("{\"kubernetes.io/secret/any-thing\":\"swordfish\"}", "{\"kubernetes.io/secret/any-thing\":\"***\"}")]
    [InlineData("KEY='swordfish'", "KEY='***'")]
    [InlineData("key=\"swordfish", "key=\"***")]
    public void Values_in_a_keys_place_are_blanked(string text, string clean) => Assert.Equal(clean, Redactor.Redact(text));

    [Theory]
    [InlineData((ushort)1, (ushort)16)]
    [InlineData((ushort)2, (ushort)32)]
    public void What_decodes_to_a_key_is_blanked_wherever_it_stands(ushort type, ushort length)
    {
        string key = Convert.ToBase64String(CephKeyTests.Bytes(type, length, length));
        string twice = Convert.ToBase64String(Encoding.UTF8.GetBytes(key));
        string line = Convert.ToBase64String(Encoding.UTF8.GetBytes(key + "\n"));
        foreach (string form in (string[])[key, twice, line, Uri.EscapeDataString(key), JsonEncodedText.Encode(key).ToString(), key.Replace("/", "\\/", StringComparison.Ordinal)])
        {
            Assert.Equal("a " + Redactor.Mask + ", b", Redactor.Redact($"a {form}, b"));
            Assert.Equal("\"***\"\"***\"", Redactor.Redact($"\"{form}\"\"{form}\""));
            Assert.Equal("xyz***", Redactor.Redact("xyz" + form));
        }
    }

    [Fact]
    public void Keys_that_follow_each_other_are_all_blanked() =>
        Assert.Equal("******", Redactor.Redact(Hostile.Key + Hostile.Key));

    [Fact]
    public void Known_secrets_are_blanked_in_every_form()
    {
        const string Text = "sword+fish/ä\"'";
        string all = string.Join(
            ' ',
            Text,
            Convert.ToBase64String(Encoding.UTF8.GetBytes(Text)),
            Uri.EscapeDataString(Text),
            JsonEncodedText.Encode(Text).ToString());
        Assert.Equal("*** *** *** *** x", Redactor.Redact(all + " x", new Secret(Text), new Secret("")));
    }

    [Fact]
    public void No_text_keeps_a_known_secret()
    {
        Gen<string> any = ArbMap.Default.GeneratorFor<string>().Select(text => text ?? "");
        Check.One(
            FsCheck.Config.QuickThrowOnFailure.WithMaxTest(Hostile.Inputs),
            Prop.ForAll(Gen.Zip(any, any).ToArbitrary(), around =>
            {
                string clean = Redactor.Redact(around.Item1 + Hostile.Key + around.Item2 + "swordfish", new Secret("swordfish"));
                return !clean.Contains(Hostile.Key, StringComparison.Ordinal) && !clean.Contains("swordfish", StringComparison.Ordinal);
            }));
    }

    [Fact]
    public void A_long_text_is_cleaned_in_a_blink()
    {
        string text = string.Concat(Enumerable.Repeat("QVFBAQAAAAAAAAAAAAAAABAA", 50_000));
        System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();
        Redactor.Redact(text);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 10);
    }
}
