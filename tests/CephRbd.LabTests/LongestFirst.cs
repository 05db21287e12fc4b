using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(CephRbd.LabTests.LongestFirst))]

namespace CephRbd.LabTests;

/// <summary>
/// The collections that boot kernels come first: each takes longer than all others together, and begun last, one of them
/// would run alone at the end.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    /// <inheritdoc/>
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderByDescending(collection => collection.TestCollectionDisplayName.Contains("kernel with rbd", StringComparison.Ordinal))];
}
