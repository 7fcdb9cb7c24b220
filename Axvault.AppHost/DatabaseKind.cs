namespace Axvault.AppHost;

/// <summary>The origin of the PostgreSQL in the graph.</summary>
internal enum DatabaseKind
{
    /// <summary>An existing database, given by a connection string or a URL.</summary>
    External,

    /// <summary>A container, with a data volume.</summary>
    Container,

    /// <summary>A server process that the AppHost runs.</summary>
    Embedded,
}
