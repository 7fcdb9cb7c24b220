using Axvault.Api.Chain;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>A change that is under way: its transaction, and the commit together with its audit entries.</summary>
/// <param name="transaction">The transaction.</param>
/// <param name="committer">Commits it.</param>
/// <param name="lane">The lane of the entries; <see langword="null"/> when they are written as notes instead.</param>
internal sealed class Change(NpgsqlTransaction transaction, ChangeCommitter committer, LaneHead? lane)
{
    /// <summary>The transaction of the change.</summary>
    public NpgsqlTransaction Transaction => transaction;

    /// <summary>The head of the lane; <see langword="null"/> when it must not be used any more.</summary>
    public LaneHead? Lane { get; set; } = lane;

    /// <summary>Commits the change together with <paramref name="entries"/>. There is no cancellation: from here on the change is made.</summary>
    /// <exception cref="AuditUnavailableException">The entries cannot be written, or the outcome is unknown.</exception>
    public Task CommitAsync(params IReadOnlyList<AuditEntry> entries) => committer.CommitAsync(this, entries, [], null);

    /// <summary>As <see cref="CommitAsync(IReadOnlyList{AuditEntry})"/>, with the last statements of the change in the same round trip.</summary>
    /// <exception cref="StepRefusedException">The database refuses a statement. Nothing was changed.</exception>
    /// <exception cref="StaleReadException">A cached row that decided the change has changed. Nothing was changed.</exception>
    public Task CommitAsync(IReadOnlyList<AuditEntry> entries, IReadOnlyList<ChangeStep> steps) => committer.CommitAsync(this, entries, steps, null);

    /// <summary>Appends <paramref name="entry"/>, runs <paramref name="last"/>, which closes all lanes, and commits.</summary>
    public Task CommitAsync(AuditEntry entry, Func<Task> last) => committer.CommitAsync(this, [entry], [], last);
}
