using Axvault.Api.Encryption;
using Axvault.Tests.Authorization;
using static Axvault.Tests.Encryption.TestKeys;

namespace Axvault.Tests.Encryption;

/// <summary>An envelope is bound to the columns beside it.</summary>
public sealed class EnvelopeSubjectTests
{
    private static readonly byte[] Plaintext = """{"accessToken":"canary-a","refreshToken":"canary-r"}"""u8.ToArray();

    private static readonly EnvelopeContext Bare = new(Guid.NewGuid(), Names.Name("claude.prod"));

    [Fact]
    public void An_envelope_opens_for_its_own_subject_only()
    {
        var at = new DateTimeOffset(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);
        var subject = new EnvelopeSubject("oauth-credentials", "claude", null, at, 3);
        var context = Bare with { Subject = subject };
        var envelope = Envelope.Seal(Ring(1), context, Plaintext);
        Assert.Equal(Envelope.BoundVersion, envelope[0]);
        Assert.Equal(Plaintext, Envelope.Open(Ring(1), context, envelope));
        // PostgreSQL stores microseconds.
        Assert.Equal(Plaintext, Envelope.Open(Ring(1), context with { Subject = subject with { ExpiresAt = at.AddTicks(9) } }, envelope));
        foreach (
            var other in (EnvelopeSubject[])
                [
                    subject with { Type = "oauth-token" },
                    subject with { Agent = "codex" },
                    subject with { Agent = null },
                    subject with { Agent = null, Provider = "claude" },
                    subject with { Provider = "" },
                    subject with { Provider = "claude" },
                    subject with { Type = "oauth-credentialsclaude", Agent = "" },
                    subject with { ExpiresAt = null },
                    subject with { ExpiresAt = at.AddMicroseconds(1) },
                    subject with { ExpiresAt = DateTimeOffset.MaxValue },
                    subject with { Revision = 2 },
                    subject with { Revision = 4 },
                ]
        )
        {
            Assert.Equal(EnvelopeFault.NotAuthentic, FaultOf(Ring(1), context with { Subject = other }, envelope));
        }

        Assert.Equal(EnvelopeFault.UnknownFormat, FaultOf(Ring(1), context with { Subject = null }, envelope));
        // Neither format passes as the other one.
        envelope[0] = Envelope.UnboundVersion;
        Assert.Equal(EnvelopeFault.UnknownFormat, FaultOf(Ring(1), context, envelope));
        Assert.Equal(EnvelopeFault.NotAuthentic, FaultOf(Ring(1), context with { Subject = null }, envelope));
    }

    [Fact]
    public void No_expiry_infinity_and_the_last_microsecond_are_three_subjects()
    {
        var times = (DateTimeOffset?[])[null, DateTimeOffset.MaxValue, DateTimeOffset.MinValue, DateTimeOffset.MaxValue.AddTicks(-1)];
        var contexts = times.Select(static time => Bare with { Subject = new EnvelopeSubject("api-key", null, null, time, 1) }).ToList();
        foreach (var context in contexts)
        {
            var envelope = Envelope.Seal(Ring(1), context, Plaintext);
            Assert.All(contexts, other => Assert.Equal(other == context ? null : EnvelopeFault.NotAuthentic, FaultOf(Ring(1), other, envelope)));
        }
    }

    [Fact]
    public void An_unread_answer_does_not_open_as_the_data_of_a_credential()
    {
        var answer = Envelope.Seal(Ring(1), Bare, Plaintext);

        Assert.Equal(Envelope.UnboundVersion, answer[0]);
        Assert.Equal(EnvelopeFault.UnknownFormat, FaultOf(Ring(1), Bare with { Subject = new EnvelopeSubject("api-key", null, null, null, 1) }, answer));
    }
}
