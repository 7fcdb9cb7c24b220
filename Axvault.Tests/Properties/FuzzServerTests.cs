using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Axvault.Tests.Harness.Servers;
using CsCheck;

namespace Axvault.Tests.Properties;

/// <summary>Random requests to every route: none fails with a server error or hangs, and every refusal carries problem details.</summary>
public sealed class FuzzServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private const int Requests = 4000;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.OneOf(
            "",
            "a",
            "*",
            "a.*",
            "opencode",
            "api-key",
            "oauth-token",
            "2026-01-15T10:30:00.000Z",
            "\0",
            "\ud800",
            "\udfff",
            "é",
            "🔑",
            "\u2028",
            "k_0123456789ab",
            "null",
            "%00",
            "'; drop table x; --",
            "${jndi:ldap://x}",
            "../../etc/passwd",
            "{0}",
            "{@x}"
        ),
        Gen.String[0, 12],
        Gen.Char.Select(static c => new string(c, 300))
    );

    private static readonly Gen<string> Number = Gen.OneOf(
        Gen.OneOf("0", "-0", "1e400", "-1e400", "1E-400", "18446744073709551616", "0.1000", "01", "+1", "1.", ".5", "NaN", "Infinity", "0x10"),
        Gen.Long.Select(static n => n.ToString(System.Globalization.CultureInfo.InvariantCulture))
    );

    private static readonly Gen<string> Member = Gen.OneOf(
        Gen.OneOf(
            "name",
            "readAccess",
            "writeAccess",
            "grantAccess",
            "type",
            "data",
            "agent",
            "provider",
            "expiresAt",
            "displayName",
            "notes",
            "names",
            "Name",
            "$type",
            "__proto__"
        ),
        Text
    );

    private static readonly Gen<string> Body = Gen.Frequency(
        (
            8,
            Gen.Recursive<string>(
                static (depth, inner) =>
                    depth > 4
                        ? Scalar()
                        : Gen.Frequency(
                            (2, Scalar()),
                            (1, inner.Array[0, 4].Select(static items => $"[{string.Join(',', items)}]")),
                            (
                                3,
                                Gen.Select(Member.Select(Quote), inner, static (name, value) => $"{name}:{value}")
                                    .Array[0, 6]
                                    .Select(static members => $"{{{string.Join(',', members)}}}")
                            )
                        )
            )
        ),
        (
            5,
            Gen.Select(Text, Text, Text, Number, static (agent, notes, member, number) =>
                $$$"""{"type":"api-key","agent":{{{Quote(agent + "a")}}},"notes":{{{Quote("n" + notes)}}},"data":{{{{Quote(member)}}}:{{{number}}}}}"""
            )
        ),
        (
            3,
            Gen.Select(Text, Text, Text, static (type, agent, notes) =>
                $$$"""{"type":{{{Quote(type)}}},"agent":{{{Quote(agent)}}},"notes":{{{Quote(notes)}}},"data":{"a":{{{Quote(notes)}}}}}"""
            )
        ),
        (
            3,
            Gen.Select(Text, Text.Array[0, 5], static (name, entries) =>
                $$"""{"name":{{Quote(name)}},"readAccess":[{{string.Join(',', entries.Select(Quote))}}]}"""
            )
        ),
        (2, Text.Array[0, 5].Select(static names => $$"""{"names":[{{string.Join(',', names.Select(Quote))}}]}""")),
        (1, Gen.String),
        (1, Gen.Const(""))
    );

    private static readonly Gen<string> Credential = Gen.OneOf(Text, Gen.OneOf("fuzz", "Fuzz.1", "fuzz-2", "a"))
        .Select(static text => $"/api/v1/credentials/{Escape(text)}");

    private static readonly Gen<string> Key = Gen.OneOf(Text, Gen.Const("k_0123456789ab")).Select(static text => $"/api/v1/keys/{Escape(text)}");

    private static readonly Gen<string> List = Gen.OneOf(
        Gen.Select(Text, Text, static (limit, cursor) => $"/api/v1/credentials?limit={Escape(limit)}&cursor={Escape(cursor)}"),
        Gen.Select(Gen.Int[-2, 2000], Text, static (limit, cursor) => $"/api/v1/credentials?limit={limit}&cursor={Escape(cursor)}")
    );

    private static readonly Gen<string> Anything = Gen.OneOf(
        Credential,
        Key,
        List,
        Gen.Const("/api/v1/keys"),
        Text.Array[0, 4].Select(static parts => $"/{string.Join('/', parts.Select(Escape))}"),
        Gen.String[Gen.Char['!', '~'], 0, 30].Select(static text => $"/api/v1/{text.Replace('#', '_')}")
    );

    private static readonly Gen<(string Method, string Path)> Call = Gen.Frequency(
        (6, Credential.Select(static path => ("PUT", path))),
        (2, Credential.Select(static path => ("GET", path))),
        (1, Credential.Select(static path => ("DELETE", path))),
        (4, Gen.Const(("POST", "/api/v1/keys"))),
        (2, Gen.Const(("POST", "/api/v1/credentials/read"))),
        (3, Key.Select(static path => ("PATCH", path))),
        (1, Key.Select(static path => ("GET", path))),
        (1, Key.Select(static path => ("DELETE", path))),
        (2, List.Select(static path => ("GET", path))),
        (3, Gen.Select(Gen.OneOf("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"), Anything))
    );

    private static readonly Gen<string> ContentType = Gen.Frequency(
        (20, Gen.Const("application/json")),
        (
            1,
            Gen.OneOf(
                "",
                "text/plain",
                "application/json; charset=utf-16",
                "application/json; charset=\"",
                "application/json;",
                ";",
                "a/b/c",
                "application/problem+json",
                "*/*",
                "application/json, text/plain"
            )
        ),
        (1, Gen.String[Gen.Char[' ', '~'], 0, 20])
    );

    private static readonly Gen<(string Name, string Value)[]> Headers = Gen.Select(
        Gen.OneOf(
            "Accept",
            "Accept-Encoding",
            "Accept-Charset",
            "Cookie",
            "Expect",
            "If-Match",
            "If-None-Match",
            "Range",
            "traceparent",
            "tracestate",
            "X-Forwarded-For",
            "X-Forwarded-Host",
            "X-HTTP-Method-Override",
            "Origin",
            "User-Agent",
            "Content-Encoding",
            "Connection"
        ),
        Gen.String[Gen.Char[' ', '~'], 0, 40]
    ).Array[0, 3];

    [Fact]
    public async Task No_random_request_fails_with_500_or_hangs()
    {
        await Gen.Select(Call, Body, ContentType, Headers)
            .SampleAsync(
                async request => await ThrowAsync(request.Item1.Method, request.Item1.Path, request.Item2, request.Item3, request.Item4),
                iter: Requests,
                threads: 4
            );

        Assert.DoesNotContain(vault.Server.Output, static line => line.Contains("\"@l\":\"Error\"", StringComparison.Ordinal));
        (await vault.Admin.GetAsync("keys")).Is(HttpStatusCode.OK);
    }

    private async Task ThrowAsync(string method, string path, string body, string contentType, (string Name, string Value)[] headers)
    {
        var clock = Stopwatch.StartNew();
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);

        var answer = await vault.Admin.SendAsync(new HttpMethod(method), path, content, added => Add(added, headers));

        var seen = $"{method} {path}\n{contentType}\n{body}\n{(int)answer.Status} {answer.Text}";
        Assert.True((int)answer.Status < 500, seen);
        Assert.True(clock.Elapsed < Bound, $"{clock.Elapsed} {seen}");
        if ((int)answer.Status >= 400 && method != "HEAD" && !IsRefusedByTheListener(answer))
        {
            Assert.True(answer.ContentType == "application/problem+json", seen);
            answer.IsProblem(answer.Status, answer.Json.GetProperty("error").GetString()!);
        }
    }

    // Kestrel refuses bytes that are not HTTP before any middleware runs: it closes the connection and sends no body.
    private static bool IsRefusedByTheListener(Answer answer) =>
        answer.Bytes.Length == 0
        && answer.Status is HttpStatusCode.BadRequest or HttpStatusCode.ExpectationFailed
        && answer.Headers.GetValueOrDefault("Connection") == "close";

    private static void Add(HttpRequestHeaders added, (string Name, string Value)[] headers)
    {
        foreach (var (name, value) in headers)
        {
            added.TryAddWithoutValidation(name, value);
        }
    }

    private static Gen<string> Scalar() => Gen.OneOf(Text.Select(Quote), Number, Gen.OneOf("null", "true", "false", "tru", "\"", "{}", "[]"));

    // Escapes only what JSON requires, so that surrogates and NUL are sent as generated.
    private static string Quote(string text) =>
        $"\"{string.Concat(text.Select(static c => c is '"' or '\\' || char.IsControl(c) || char.IsSurrogate(c) ? $"\\u{(int)c:x4}" : c.ToString()))}\"";

    private static string Escape(string text) => Uri.EscapeDataString(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));
}
