using System.Text;
using CephRbd.Native.Guard;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Protocol;

/// <summary>
/// The process's stdout and stderr, taken out of everyone's hands: kubelet reads both as one text, so a single line
/// of a native library would spoil the reply. Both descriptors lead to /dev/null from here on; the reply goes out by
/// a private copy of stdout, once.
/// </summary>
internal sealed class StandardStreams
{
    private const int Output = 1;
    private const int Error = 2;
    private readonly int _reply;
    private readonly int _narration;

    private StandardStreams(int reply, int narration)
    {
        _reply = reply;
        _narration = narration;
    }

    /// <summary>Takes both over.</summary>
    /// <exception cref="LinuxException">stdout is closed: there is nobody to reply to.</exception>
    public static StandardStreams TakeOver()
    {
        int reply = Descriptors.Duplicate(Output);
        int narration;
        try
        {
            narration = Descriptors.Duplicate(Error);
        }
        catch (LinuxException)
        {
            // Without stderr there is just nobody to narrate to.
            narration = -1;
        }

        int nothing = Descriptors.OpenNull();
        Descriptors.Replace(Output, nothing);
        Descriptors.Replace(Error, nothing);
        return new StandardStreams(reply, narration);
    }

    /// <summary>Prepares what is said if the process dies in native code, or a library ends it.</summary>
    public void PrepareLastWords(Reply reply) => CrashGuard.Arm(_reply, reply.ToJsonLine());

    /// <summary>The same for a command for people: words on stderr, and the exit status.</summary>
    public void PrepareLastWords(string words, int exitStatus) => CrashGuard.Arm(_narration, Encoding.UTF8.GetBytes(words + "\n"), exitStatus);

    /// <summary>Writes the reply, if none was written yet.</summary>
    /// <returns>Whether it was this one.</returns>
    /// <exception cref="LinuxException">The reader is gone.</exception>
    public bool Send(Reply reply)
    {
        byte[] line = reply.ToJsonLine();
        if (!CrashGuard.TryClaim())
        {
            return false;
        }

        try
        {
            Descriptors.WriteAll(_reply, line);
            return true;
        }
        finally
        {
            CrashGuard.Written();
        }
    }

    /// <summary>Writes the text that a command for people answers with, past whatever libraries print.</summary>
    /// <exception cref="LinuxException">The reader is gone.</exception>
    public void Print(string text) => Descriptors.WriteAll(_reply, Encoding.UTF8.GetBytes(text));

    /// <summary>Tells the admin who asked for <c>--verbose</c> a line.</summary>
    public void Narrate(string line)
    {
        if (_narration >= 0)
        {
            try
            {
                Descriptors.WriteAll(_narration, Encoding.UTF8.GetBytes(line + "\n"));
            }
            catch (LinuxException)
            {
                // Nobody listens any more; the call goes on.
            }
        }
    }
}
