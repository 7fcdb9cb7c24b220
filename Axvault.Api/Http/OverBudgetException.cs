namespace Axvault.Api.Http;

/// <summary>A request in flight would take more memory than is left for it.</summary>
/// <param name="status">429 when its key has no more, or 503 when the server has no more.</param>
/// <param name="detail">A sentence for the answer.</param>
internal sealed class OverBudgetException(int status, string detail) : Exception(detail)
{
    /// <summary>The status of the answer.</summary>
    public int Status => status;
}
