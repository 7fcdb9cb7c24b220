using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>The database refuses a statement of a change, and has rolled the whole transaction back.</summary>
/// <param name="place">The place of the statement among the steps of the transaction, from 0.</param>
/// <param name="refusal">The refusal.</param>
internal sealed class StepRefusedException(int place, PostgresException refusal) : Exception(refusal.MessageText, refusal)
{
    /// <summary>The place of the statement among the steps of the transaction, from 0.</summary>
    public int Place => place;

    /// <summary>The refusal.</summary>
    public PostgresException Refusal => refusal;
}
