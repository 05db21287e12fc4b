namespace CephRbd.Driver.Volumes;

/// <summary>
/// A failure whose message is meant for the operator as it stands: what happened, to which image, what to do.
/// It is sent to kubelet and ends in pod events, so it never holds a secret's value.
/// </summary>
internal class VolumeException : Exception
{
    /// <summary>Creates the failure.</summary>
    /// <param name="message">The text for the operator.</param>
    /// <param name="inner">What caused it, for the log.</param>
    public VolumeException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
