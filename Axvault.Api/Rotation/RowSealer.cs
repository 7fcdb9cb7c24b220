using Axvault.Api.Authorization;
using Axvault.Api.Encryption;

namespace Axvault.Api.Rotation;

/// <summary>Seals rows again under the KEK that encrypts now.</summary>
internal sealed partial class RowSealer(Vault vault, EncryptionTelemetry telemetry, ILogger<RowSealer> logger)
{
    private const int MaxTold = 1000;

    // The rows that did not open, and were logged.
    private readonly HashSet<(string Table, string Row)> _told = [];

    /// <summary>Returns the rows that open, each with its new envelope. A row that does not open is logged once.</summary>
    public List<(SealedRow Row, byte[] Envelope)> Renew(EnvelopeTable table, IEnumerable<SealedRow> rows)
    {
        var renewed = new List<(SealedRow, byte[])>();
        foreach (var row in rows)
        {
            try
            {
                var context = new EnvelopeContext(row.VersionId, CredentialName.FromStored(row.Name)) { Subject = row.Subject };
                renewed.Add((row, vault.Renew(context, row.Envelope)));
            }
            catch (Exception exception) when (exception is EnvelopeException or FormatException)
            {
                if (IsNews(table.Name, $"{row.VersionId} {row.Revision}"))
                {
                    Log.DoesNotOpen(logger, table.Name, row.Name, exception.Message);
                }
            }
        }

        return renewed;
    }

    /// <summary>Returns the rows that fit their MACs, each with its new seal. A row that does not fit is logged once.</summary>
    public List<(MacRow Row, RowSeal Seal)> Renew(SealedTable table, IEnumerable<MacRow> rows)
    {
        var renewed = new List<(MacRow, RowSeal)>();
        foreach (var row in rows)
        {
            if (vault.Compare(table, row.Values, row.Seal) == RowFit.Fits)
            {
                renewed.Add((row, vault.Seal(table, row.Values)));
            }
            else if (IsNews(table.Name, row.Id))
            {
                Log.DoesNotFit(logger, table.Name, row.Id);
            }
        }

        return renewed;
    }

    /// <summary>Counts rows whose new envelopes or seals were stored.</summary>
    public void Moved(long rows) => telemetry.Reencrypted(rows);

    private bool IsNews(string table, string row) => _told.Count < MaxTold && _told.Add((table, row));

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The row {Row} of {Table} is not what a server has written, and stays under its key: delete it")]
        public static partial void DoesNotFit(ILogger logger, string table, string row);

        [LoggerMessage(LogLevel.Error, "The row of {Credential} in {Table} does not open, and stays under its key: {Reason}")]
        public static partial void DoesNotOpen(ILogger logger, string table, string credential, string reason);
    }
}
