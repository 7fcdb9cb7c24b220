using System.Collections;
using System.Collections.Immutable;
using System.Net;

namespace Axvault.Api.Authorization;

/// <summary>The networks that a key may be used from, without repetitions, in the order given; none means from anywhere.</summary>
internal sealed class ClientNetworks : IReadOnlyList<ClientNetwork>
{
    /// <summary>The greatest number of networks.</summary>
    public const int MaxEntries = 64;

    /// <summary>From anywhere.</summary>
    public static readonly ClientNetworks Any = new([]);

    private readonly ImmutableArray<ClientNetwork> _networks;

    private ClientNetworks(ImmutableArray<ClientNetwork> networks) => _networks = networks;

    /// <inheritdoc />
    public int Count => _networks.Length;

    /// <summary>Whether every address is allowed.</summary>
    public bool IsAny => _networks.IsEmpty;

    /// <inheritdoc />
    public ClientNetwork this[int index] => _networks[index];

    /// <summary>Makes a list of <paramref name="networks"/>, each once.</summary>
    public static ClientNetworks Of(params IEnumerable<ClientNetwork> networks) => new([.. networks.Distinct()]);

    /// <summary>Makes a list of what a store holds.</summary>
    /// <exception cref="FormatException">A network breaks <see cref="ClientNetwork.Rule"/>.</exception>
    public static ClientNetworks FromStored(IEnumerable<string> networks) =>
        Of(networks.Select(static text => ClientNetwork.TryParse(text, out var network) ? network : throw new FormatException("A stored network breaks its rule.")));

    /// <summary>Whether a client at <paramref name="address"/> is allowed; one without an address is where every address is.</summary>
    public bool Covers(IPAddress? address) => IsAny || (address is not null && _networks.Any(network => network.Covers(address)));

    /// <summary>Whether each network of <paramref name="other"/> is within one single network of this list. From anywhere is within from anywhere alone.</summary>
    public bool Contains(ClientNetworks other)
    {
        ArgumentNullException.ThrowIfNull(other);

        return IsAny || (!other.IsAny && other.All(inner => _networks.Any(outer => outer.Contains(inner))));
    }

    /// <summary>The networks as text, for a store or an answer.</summary>
    public string[] ToArray() => [.. _networks.Select(static network => network.Value)];

    /// <inheritdoc />
    public IEnumerator<ClientNetwork> GetEnumerator() => _networks.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
