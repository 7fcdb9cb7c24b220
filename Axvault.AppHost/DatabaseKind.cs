namespace Axvault.AppHost;

/// <summary>Where the graph's PostgreSQL comes from.</summary>
internal enum DatabaseKind
{
    /// <summary>A database that is there already, by a connection string or a URL.</summary>
    External,

    /// <summary>A container, with a data volume.</summary>
    Container,

    /// <summary>A server process of the AppHost's own.</summary>
    Embedded,
}
