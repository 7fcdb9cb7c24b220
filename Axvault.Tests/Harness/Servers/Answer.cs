using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Axvault.Tests.Harness.Servers;

/// <summary>An answer of a server.</summary>
public sealed class Answer
{
    // Texts that would reveal internals of the server: SQL, stack traces, types and paths.
    private static readonly string[] Internals =
    [
        "axvault.credential",
        "axvault.api_key",
        "axvault.vault",
        "select ",
        "insert into",
        "   at ",
        "Exception",
        "Npgsql",
        "SqlState",
        "System.",
        "Microsoft.",
        ".cs:",
        "/home/",
        "/usr/",
        "/tmp/",
    ];

    public Answer(HttpResponseMessage response, byte[] body)
    {
        ArgumentNullException.ThrowIfNull(response);

        Status = response.StatusCode;
        Bytes = body;
        ContentType = response.Content.Headers.ContentType?.MediaType;
        Headers = response
            .Headers.Concat(response.Content.Headers)
            .ToDictionary(static header => header.Key, static header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
    }

    public HttpStatusCode Status { get; }

    public byte[] Bytes { get; }

    public string Text => Encoding.UTF8.GetString(Bytes);

    public string? ContentType { get; }

    public IReadOnlyDictionary<string, string> Headers { get; }

    public JsonElement Json
    {
        get
        {
            using var document = JsonDocument.Parse(Bytes);
            return document.RootElement.Clone();
        }
    }

    /// <summary>The entity tag, as received.</summary>
    public string Tag => Headers["ETag"];

    /// <summary>The names of the body's members, in order.</summary>
    public IEnumerable<string> Members => Json.EnumerateObject().Select(static member => member.Name);

    /// <summary>Returns the text of the body's member <paramref name="name"/>, exactly as received.</summary>
    public string Raw(string name) => Json.GetProperty(name).GetRawText();

    /// <summary>Asserts the <paramref name="status"/>, and that no cache may store the answer.</summary>
    public Answer Is(HttpStatusCode status)
    {
        Assert.True(status == Status, string.Create(CultureInfo.InvariantCulture, $"Expected {(int)status}, got {(int)Status}: {Text}"));
        Assert.Equal("no-store", Headers.GetValueOrDefault("Cache-Control"));
        return this;
    }

    /// <summary>Asserts problem details (RFC 9457) with <paramref name="error"/> that reveal no internals.</summary>
    /// <returns>The detail of the problem.</returns>
    public string IsProblem(HttpStatusCode status, string error)
    {
        Is(status);
        Assert.Equal("application/problem+json", ContentType);
        var problem = Json;
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.Equal(error, problem.GetProperty("error").GetString());
        Assert.False(string.IsNullOrEmpty(problem.GetProperty("title").GetString()));
        Assert.False(string.IsNullOrEmpty(problem.GetProperty("type").GetString()));
        Assert.All(Internals, text => Assert.DoesNotContain(text, Text, StringComparison.Ordinal));
        return problem.GetProperty("detail").GetString()!;
    }

    /// <summary>Asserts a 400 that names <paramref name="field"/>.</summary>
    public void IsInvalid(string field) => Assert.Contains(field, IsProblem(HttpStatusCode.BadRequest, "invalid-request"), StringComparison.Ordinal);

    public void IsUnauthorized() => IsProblem(HttpStatusCode.Unauthorized, "unauthorized");

    public void IsForbidden() => IsProblem(HttpStatusCode.Forbidden, "forbidden");

    public void IsNotFound() => IsProblem(HttpStatusCode.NotFound, "not-found");

    public void IsUnavailable() => IsProblem(HttpStatusCode.ServiceUnavailable, "unavailable");
}
