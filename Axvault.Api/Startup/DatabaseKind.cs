using System.Globalization;
using Axvault.Api.Database;

namespace Axvault.Api.Startup;

/// <summary>The kind of a database, as far as it decides whether a server can use it.</summary>
/// <param name="Version">The version as a number, such as 140005.</param>
/// <param name="VersionText">The version as text, such as 14.5.</param>
/// <param name="IsStandby"><see langword="true"/> when the database replays another one; otherwise <see langword="false"/>.</param>
/// <param name="IsReadOnly"><see langword="true"/> when transactions are read-only; otherwise <see langword="false"/>.</param>
internal sealed record DatabaseKind(int Version, string VersionText, bool IsStandby, bool IsReadOnly)
{
    private const int LeastMajor = 14;

    /// <summary>Returns the reason not to use the database at <paramref name="address"/>; <see langword="null"/> when it can be used.</summary>
    public string? Refusal(DatabaseAddress address) =>
        Version < LeastMajor * 10_000
                ? string.Create(CultureInfo.InvariantCulture, $"The database at {address} is PostgreSQL {VersionText}: expected {LeastMajor} or newer.")
        : IsStandby
            ? $"The database at {address} is a standby: name the primary in AXVAULT_DATABASE_URL, or all servers with target_session_attrs=read-write."
        : IsReadOnly
            ? $"The database at {address} refuses to be written, and is no standby: default_transaction_read_only is on, for its server, for the database, "
                + "for its user or in AXVAULT_DATABASE_URL. Set it to off."
        : null;
}
