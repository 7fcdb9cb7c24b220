using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Axvault.Tests.Server;

/// <summary>What a server answered.</summary>
public sealed class Answer
{
    // What an answer would hold that shows the server's inside: SQL, stack traces, types, paths.
    private static readonly string[] Insides =
        ["axvault.credential", "axvault.api_key", "axvault.vault", "select ", "insert into", "   at ", "Exception", "Npgsql", "SqlState", "System.", "Microsoft.", ".cs:", "/home/", "/usr/", "/tmp/"];

    public Answer(HttpResponseMessage response, byte[] body)
    {
        ArgumentNullException.ThrowIfNull(response);

        Status = response.StatusCode;
        Bytes = body;
        ContentType = response.Content.Headers.ContentType?.MediaType;
        Headers = response.Headers.Concat(response.Content.Headers).ToDictionary(static header => header.Key, static header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
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

    /// <summary>The entity tag, as it came.</summary>
    public string Tag => Headers["ETag"];

    /// <summary>The names of the body's members, in order.</summary>
    public IEnumerable<string> Members => Json.EnumerateObject().Select(static member => member.Name);

    /// <summary>The bytes of the body's member <paramref name="name"/>, exactly as they came.</summary>
    public string Raw(string name) => Json.GetProperty(name).GetRawText();

    /// <summary>Expects <paramref name="status"/>, and nothing in a cache.</summary>
    public Answer Is(HttpStatusCode status)
    {
        Assert.True(status == Status, string.Create(CultureInfo.InvariantCulture, $"Expected {(int)status}, got {(int)Status}: {Text}"));
        Assert.Equal("no-store", Headers.GetValueOrDefault("Cache-Control"));
        return this;
    }

    /// <summary>Expects problem details (RFC 9457) with <paramref name="error"/>, that tell nothing of the server's inside.</summary>
    /// <returns>The problem's detail.</returns>
    public string IsProblem(HttpStatusCode status, string error)
    {
        Is(status);
        Assert.Equal("application/problem+json", ContentType);
        var problem = Json;
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.Equal(error, problem.GetProperty("error").GetString());
        Assert.False(string.IsNullOrEmpty(problem.GetProperty("title").GetString()));
        Assert.False(string.IsNullOrEmpty(problem.GetProperty("type").GetString()));
        Assert.All(Insides, inside => Assert.DoesNotContain(inside, Text, StringComparison.Ordinal));
        return problem.GetProperty("detail").GetString()!;
    }

    /// <summary>Expects 400 that names <paramref name="field"/>.</summary>
    public void IsInvalid(string field) => Assert.Contains(field, IsProblem(HttpStatusCode.BadRequest, "invalid-request"), StringComparison.Ordinal);

    public void IsUnauthorized() => IsProblem(HttpStatusCode.Unauthorized, "unauthorized");

    public void IsForbidden() => IsProblem(HttpStatusCode.Forbidden, "forbidden");

    public void IsNotFound() => IsProblem(HttpStatusCode.NotFound, "not-found");

    public void IsUnavailable() => IsProblem(HttpStatusCode.ServiceUnavailable, "unavailable");
}
