using Axvault.Api.Authorization;
using Axvault.Api.Encryption;

namespace Axvault.Api.Rotation;

/// <summary>Seals rows again under the KEK that encrypts now.</summary>
internal sealed partial class RowSealer(Vault vault, EncryptionTelemetry telemetry, ILogger<RowSealer> logger)
{
    private const int MaxTold = 1000;

    // The rows that did not open, and were logged.
    private readonly HashSet<(string Table, Guid VersionId, long Revision)> _told = [];

    /// <summary>Returns the rows that open, each with its new envelope. A row that does not open is logged once.</summary>
    public List<(SealedRow Row, byte[] Envelope)> Renew(EnvelopeTable table, IEnumerable<SealedRow> rows)
    {
        var renewed = new List<(SealedRow, byte[])>();
        foreach (var row in rows)
        {
            try
            {
                var context = new EnvelopeContext(row.VersionId, CredentialName.FromStored(row.Name)) { IsUnreadAnswer = table == EnvelopeTable.UnreadAnswers };
                renewed.Add((row, vault.Renew(context, row.Envelope)));
            }
            catch (Exception exception) when (exception is EnvelopeException or FormatException)
            {
                if (_told.Count < MaxTold && _told.Add((table.Name, row.VersionId, row.Revision)))
                {
                    Log.DoesNotOpen(logger, table.Name, row.Name, exception.Message);
                }
            }
        }

        return renewed;
    }

    /// <summary>Counts rows whose new envelopes were stored.</summary>
    public void Moved(long rows) => telemetry.Reencrypted(rows);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The row of {Credential} in {Table} does not open, and stays under its key: {Reason}")]
        public static partial void DoesNotOpen(ILogger logger, string table, string credential, string reason);
    }
}
