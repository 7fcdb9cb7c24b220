using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>A statement of a change that goes to the database in the round trip of the commit.</summary>
/// <param name="Make">Makes the statement. It may run again.</param>
/// <param name="ReadAsync">Reads its result. It must not decide whether the change is made. It does not run when the answer to a commit is lost.</param>
/// <param name="Confirmations">The cached rows that decided the change.</param>
internal sealed record ChangeStep(Func<NpgsqlBatchCommand> Make, Func<NpgsqlDataReader, Task> ReadAsync, Confirmations? Confirmations);
