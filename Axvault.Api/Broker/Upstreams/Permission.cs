namespace Axvault.Api.Broker.Upstreams;

/// <summary>The use of a kind of credential that its provider permits. docs/broker.md has the sources.</summary>
internal enum Permission
{
    /// <summary>The provider permits it for automation.</summary>
    Automation,

    /// <summary>It is for the person who made it, on that person's machines.</summary>
    Personal,

    /// <summary>The provider does not permit that third-party software uses such a login. Only a setting of the operator forwards it.</summary>
    Restricted,
}
