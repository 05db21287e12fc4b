using System.Text;
using CephRbd.Driver.Secrets;

namespace CephRbd.Driver.Volumes;

/// <summary>Finds user and key among the options and the Kubernetes Secret that kubelet adds to them.</summary>
internal static class VolumeCredentials
{
    private const string SecretPrefix = "kubernetes.io/secret/";
    private const string ClientPrefix = "client.";

    private static readonly UTF8Encoding _strictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>
    /// Reads the user from <c>user</c> or the Secret's <c>userID</c>, and the key from the Secret's <c>key</c> or
    /// <c>userKey</c>. Other entries of the Secret are left alone.
    /// </summary>
    /// <param name="options">All options by key.</param>
    /// <returns>The user without <c>client.</c>, and the key; null for what was not given.</returns>
    /// <exception cref="VolumeException">An entry is not valid, or two contradict each other.</exception>
    public static (string? User, Secret? Key) From(Dictionary<string, string> options)
    {
        string? user = options.TryGetValue("user", out string? plain) ? UserName("user", plain) : null;
        string? key = Decode(options, "key");
        string? userId = Decode(options, "userID");
        string? userKey = Decode(options, "userKey");

        if (userKey is not null && userId is null)
        {
            throw new VolumeException("the secret has \"userKey\" but no \"userID\": add the Ceph user's name as \"userID\"");
        }

        if (userId is not null && userKey is null)
        {
            throw new VolumeException("the secret has \"userID\" but no \"userKey\": add the Ceph user's key as \"userKey\"");
        }

        if (userId is not null)
        {
            string secretUser = UserName("userID", userId);
            if (user is not null && user != secretUser)
            {
                throw new VolumeException("the option \"user\" and the secret's \"userID\" name different Ceph users: keep one");
            }

            user = secretUser;
        }

        if (key is not null && userKey is not null && !new Secret(key).Equals(new Secret(userKey)))
        {
            throw new VolumeException("the secret has both \"key\" and \"userKey\", and they differ: keep one");
        }

        return (user, (userKey ?? key) is string text ? new Secret(text) : null);
    }

    private static string UserName(string option, string name)
    {
        string user = name.StartsWith(ClientPrefix, StringComparison.Ordinal) ? name[ClientPrefix.Length..] : name;
        NameRules.Check(option, user);
        return user;
    }

    private static string? Decode(Dictionary<string, string> options, string entry)
    {
        if (!options.TryGetValue(SecretPrefix + entry, out string? encoded))
        {
            return null;
        }

        string text;
        try
        {
            text = _strictUtf8.GetString(Convert.FromBase64String(encoded)).Trim();
        }
        catch (FormatException)
        {
            throw new VolumeException($"the secret's \"{entry}\" is not valid base64: kubelet encodes it, so leave the option kubernetes.io/secret/{entry} to kubelet");
        }
        catch (DecoderFallbackException)
        {
            throw new VolumeException($"the secret's \"{entry}\" is not text: put the key itself there, as \"ceph auth get-key\" prints it");
        }

        if (text.Length == 0)
        {
            throw new VolumeException($"the secret's \"{entry}\" is empty");
        }

        foreach (char c in text)
        {
            if (char.IsControl(c))
            {
                throw new VolumeException($"the secret's \"{entry}\" has more than one line or holds control characters: put only the value there");
            }
        }

        return text;
    }
}
