using System.Buffers.Text;
using Axvault.Api.Encryption;
using Axvault.Api.WebConsole.Sessions;
using Axvault.Tests.Harness.Servers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Axvault.Tests.WebConsole;

/// <summary>The seal of sessions and drafts, and the cookie.</summary>
public sealed class SessionSealTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private static readonly DateTimeOffset Start = new(2026, 1, 15, 10, 30, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Start);

    [Fact]
    public async Task A_session_opens_as_it_was_sealed_and_two_seals_differ()
    {
        var seal = await SealAsync();
        var session = Session();

        var opened = seal.Open(seal.Seal(session))!;

        Assert.Equal(session.KeyHash, opened.KeyHash);
        Assert.Equal(session with { KeyHash = opened.KeyHash }, opened);
        Assert.NotEqual(seal.Seal(session), seal.Seal(session));
        Assert.Equal("session of k_0123456789ab", session.ToString());
    }

    [Fact]
    public async Task A_seal_with_any_flipped_bit_or_lost_byte_does_not_open()
    {
        var seal = await SealAsync();
        var session = Session();
        var cookie = Base64Url.DecodeFromChars(seal.Seal(session));
        var draft = Base64Url.DecodeFromChars(seal.SealDraft(session, "a draft"u8));

        for (var bit = 0; bit < 8 * cookie.Length; bit++)
        {
            Assert.Null(seal.Open(Text(Flipped(cookie, bit))));
        }

        for (var bit = 0; bit < 8 * draft.Length; bit++)
        {
            Assert.Null(seal.OpenDraft(session, Text(Flipped(draft, bit))));
        }

        for (var length = 0; length < cookie.Length; length++)
        {
            Assert.Null(seal.Open(Text(cookie[..length])));
        }

        Assert.NotNull(seal.Open(Text(cookie)));
        Assert.Equal("a draft"u8, seal.OpenDraft(session, Text(draft))!);
    }

    [Fact]
    public async Task A_draft_opens_in_its_session_alone_and_is_no_session()
    {
        var seal = await SealAsync();
        var (mine, other) = (Session(), Session());
        var draft = seal.SealDraft(mine, "a draft"u8);

        Assert.Null(seal.OpenDraft(other, draft));
        Assert.Null(seal.Open(draft));
        Assert.Null(seal.OpenDraft(mine, seal.Seal(mine)));
        Assert.Null(seal.OpenLogin(mine, draft));
        Assert.Null(seal.OpenLogin(other, seal.SealLogin(mine, "a login"u8)));
    }

    [Fact]
    public async Task A_session_ends_after_8_hours()
    {
        var cookie = new SessionCookie(await SealAsync(), _time);
        var context = new DefaultHttpContext();
        cookie.Write(context, Session());
        context.Request.Headers.Cookie = context.Response.Headers.SetCookie.ToString().Split(';')[0];

        _time.Advance(TimeSpan.FromHours(8) - TimeSpan.FromSeconds(1));
        Assert.NotNull(cookie.Read(context));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(cookie.Read(context));
    }

    [Theory]
    [InlineData("http", "", "axvault-session=")]
    [InlineData("http", "http://vault.example", "axvault-session=")]
    [InlineData("http", "https://vault.example", "__Host-axvault=")]
    [InlineData("https", "", "__Host-axvault=")]
    public async Task A_cookie_over_TLS_is_secure_and_bound_to_its_host(string scheme, string origin, string start)
    {
        var context = new DefaultHttpContext { Request = { Scheme = scheme, Headers = { Origin = origin } } };

        new SessionCookie(await SealAsync(), _time).Write(context, Session());

        var text = context.Response.Headers.SetCookie.ToString();
        Assert.StartsWith(start, text, StringComparison.Ordinal);
        Assert.EndsWith("; samesite=strict; httponly", text, StringComparison.Ordinal);
        Assert.Equal(start == "__Host-axvault=", text.Contains("; path=/; secure;", StringComparison.Ordinal));
        Assert.DoesNotContain("domain", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("axvault-session=; __Host-axvault=")]
    [InlineData("axvault-session=%7B%7D")]
    [InlineData("other=1")]
    public async Task A_cookie_without_a_seal_is_no_session(string cookies)
    {
        var context = new DefaultHttpContext { Request = { Headers = { Cookie = cookies } } };

        Assert.Null(new SessionCookie(await SealAsync(), _time).Read(context));
    }

    [Theory]
    [InlineData("http", "axvault-session", true)]
    [InlineData("http", "__Host-axvault", true)]
    [InlineData("https", "__Host-axvault", true)]
    [InlineData("https", "axvault-session", false)]
    public async Task A_plain_cookie_is_not_believed_over_TLS(string scheme, string name, bool isBelieved)
    {
        var seal = await SealAsync();
        var context = new DefaultHttpContext { Request = { Scheme = scheme, Headers = { Cookie = $"{name}={seal.Seal(Session())}" } } };

        Assert.Equal(isBelieved, new SessionCookie(seal, _time).Read(context) is not null);
    }

    private async Task<SessionSeal> SealAsync() => new(new TextSeal(await VaultInsider.OpenAsync(vault.ConnectionString)));

    private ConsoleSession Session() => ConsoleSession.Begin([1, 2, 3], "k_0123456789ab", "a key", _time.GetUtcNow());

    private static string Text(byte[] bytes) => Base64Url.EncodeToString(bytes);

    private static byte[] Flipped(byte[] bytes, int bit)
    {
        byte[] flipped = [.. bytes];
        flipped[bit / 8] ^= (byte)(1 << (bit % 8));
        return flipped;
    }
}
