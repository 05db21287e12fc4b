namespace CephRbd.Driver.Volumes;

/// <summary>The pod a mount is for, as far as kubelet told. The pod's own options can override these: never trust them.</summary>
/// <param name="Name">The pod's name.</param>
/// <param name="Namespace">The pod's Kubernetes namespace.</param>
/// <param name="Uid">The pod's UID.</param>
/// <param name="ServiceAccount">The name of the pod's service account.</param>
internal sealed record PodIdentity(string? Name, string? Namespace, string? Uid, string? ServiceAccount);
