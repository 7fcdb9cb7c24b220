using System.Collections;
using System.Collections.Immutable;
using System.Net;

namespace Axvault.Api.Authorization;

/// <summary>The networks that a key may be used from, without repetitions, in the given order. An empty list allows every address.</summary>
internal sealed class ClientNetworks : IReadOnlyList<ClientNetwork>
{
    /// <summary>The greatest number of networks.</summary>
    public const int MaxEntries = 64;

    /// <summary>The empty list: every address is allowed.</summary>
    public static readonly ClientNetworks Any = new([]);

    private readonly ImmutableArray<ClientNetwork> _networks;

    private ClientNetworks(ImmutableArray<ClientNetwork> networks) => _networks = networks;

    /// <inheritdoc />
    public int Count => _networks.Length;

    /// <summary><see langword="true"/> when every address is allowed; otherwise <see langword="false"/>.</summary>
    public bool IsAny => _networks.IsEmpty;

    /// <inheritdoc />
    public ClientNetwork this[int index] => _networks[index];

    /// <summary>Creates a list of <paramref name="networks"/>, each once.</summary>
    public static ClientNetworks Of(params IEnumerable<ClientNetwork> networks) => new([.. networks.Distinct()]);

    /// <summary>Creates a list from stored networks.</summary>
    /// <exception cref="FormatException">A network breaks <see cref="ClientNetwork.Rule"/>.</exception>
    public static ClientNetworks FromStored(IEnumerable<string> networks) =>
        Of(
            networks.Select(static text =>
                ClientNetwork.TryParse(text, out var network) ? network : throw new FormatException("A stored network breaks its rule.")
            )
        );

    /// <summary>
    /// Returns <see langword="true"/> when a client at <paramref name="address"/> is allowed; otherwise <see langword="false"/>. A client without an address
    /// needs an empty list.
    /// </summary>
    public bool Covers(IPAddress? address) => IsAny || (address is not null && _networks.Any(network => network.Covers(address)));

    /// <summary>
    /// Returns <see langword="true"/> when one network of this list contains each network of <paramref name="other"/>; otherwise <see langword="false"/>.
    /// Only an empty list contains an empty list.
    /// </summary>
    public bool Contains(ClientNetworks other)
    {
        return IsAny || (!other.IsAny && other.All(inner => _networks.Any(outer => outer.Contains(inner))));
    }

    /// <summary>The networks as text, for a store or an answer.</summary>
    public string[] ToArray() => [.. _networks.Select(static network => network.Value)];

    /// <inheritdoc />
    public IEnumerator<ClientNetwork> GetEnumerator() => _networks.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
