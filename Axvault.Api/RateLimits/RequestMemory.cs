using System.Threading.RateLimiting;
using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Axvault.Api.RateLimits;

/// <summary>The part of the <see cref="MemoryBudget"/> that a request holds until it is disposed. Its methods may run in parallel.</summary>
internal sealed class RequestMemory(MemoryBudget budget, KeyId key) : IDisposable
{
    // The buffers of the reader, the parsed form, the data, its envelope and the statement.
    private const int BodyCopies = 8;

    // The stored row, its envelope, the data and the buffer of the answer.
    private const int AnswerCopies = 4;

    // The greatest number of requests of a key covers answers up to this size.
    private const int SmallAnswer = 16 * 1024;

    private readonly Lock _lock = new();
    private readonly List<RateLimitLease> _body = [];
    private readonly List<RateLimitLease> _answer = [];
    private long _answerBytes = SmallAnswer;

    /// <summary>Returns that of a request with a key.</summary>
    public static RequestMemory Of(HttpContext context) => context.Features.GetRequiredFeature<RequestMemory>();

    /// <summary>Holds the memory of <paramref name="bytes"/> more of the body. Returns the limit that refuses them, or <see langword="null"/>.</summary>
    public LimitKind? TryHoldBody(long bytes)
    {
        lock (_lock)
        {
            return budget.TryTake(key, bytes * BodyCopies, _body);
        }
    }

    /// <summary>Holds the memory of <paramref name="bytes"/> more of the body.</summary>
    /// <exception cref="OverBudgetException">There is not so much left.</exception>
    public void HoldBody(long bytes)
    {
        if (TryHoldBody(bytes) is { } kind)
        {
            throw Refuse(kind);
        }
    }

    /// <summary>Holds <paramref name="bytes"/> of a body that is kept as it is. Returns <see langword="false"/> when there is not so much left.</summary>
    public bool TryKeepBody(long bytes)
    {
        lock (_lock)
        {
            return budget.TryTake(key, bytes, _body) is null;
        }
    }

    /// <summary>Returns the memory of the body.</summary>
    public void ReleaseBody()
    {
        lock (_lock)
        {
            Return(_body);
        }
    }

    /// <summary>Holds the memory of an answer. Returns the limit that refuses it, or <see langword="null"/>.</summary>
    /// <param name="bytes">The bytes of the answer that are in memory at the same time, those that are held already included.</param>
    public LimitKind? TryHoldAnswer(long bytes)
    {
        lock (_lock)
        {
            if (bytes <= _answerBytes)
            {
                return null;
            }

            var refused = budget.TryTake(key, (bytes - _answerBytes) * AnswerCopies, _answer);
            _answerBytes = refused is null ? bytes : _answerBytes;
            return refused;
        }
    }

    /// <summary>Holds the memory of an answer.</summary>
    /// <param name="bytes">The bytes of the answer that are in memory at the same time, those that are held already included.</param>
    /// <exception cref="OverBudgetException">There is not so much left.</exception>
    public void HoldAnswer(long bytes)
    {
        if (TryHoldAnswer(bytes) is { } kind)
        {
            throw Refuse(kind);
        }
    }

    /// <summary>Returns the memory of the part of the answer that is sent.</summary>
    public void ReleaseAnswer()
    {
        lock (_lock)
        {
            _answerBytes = SmallAnswer;
            Return(_answer);
        }
    }

    /// <summary>Returns the refusal of a request that is already being served, and counts it.</summary>
    public OverBudgetException Refuse(LimitKind kind)
    {
        budget.Rejected(kind);
        return new OverBudgetException(kind.Status(), $"There were {kind.Reason()}. Try again in 1 s.");
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lock (_lock)
        {
            Return(_answer);
            Return(_body);
        }
    }

    private static void Return(List<RateLimitLease> leases)
    {
        leases.ForEach(static lease => lease.Dispose());
        leases.Clear();
    }
}
