using Google.Protobuf;

namespace Axvault.Tests.Harness.Servers;

/// <summary>A span as received over OTLP. The field numbers are from https://github.com/open-telemetry/opentelemetry-proto.</summary>
public sealed record OtlpSpan(
    string TraceId,
    string SpanId,
    string ParentId,
    string Name,
    string Source,
    int Kind,
    bool IsError,
    IReadOnlyDictionary<string, string> Attributes
)
{
    /// <summary>The linked spans, each as trace id and span id.</summary>
    public IReadOnlyList<string> Links { get; private init; } = [];

    /// <summary>The kind of a span that serves a request.</summary>
    public const int Server = 2;

    /// <summary>The kind of a span that makes a request.</summary>
    public const int Client = 3;

    private const int ErrorStatus = 2;

    /// <summary>The type of the error; <see langword="null"/> when the span names none.</summary>
    public string? ErrorType => Attributes.GetValueOrDefault("error.type");

    /// <summary>Returns the spans of an <c>ExportTraceServiceRequest</c>.</summary>
    public static IEnumerable<OtlpSpan> ReadAll(byte[] request)
    {
        List<OtlpSpan> spans = [];
        foreach (var scope in Messages(request, 1).SelectMany(static resource => Messages(resource, 2)))
        {
            var source = Messages(scope, 1).Select(static name => Texts(name, 1).FirstOrDefault()).FirstOrDefault() ?? "";
            spans.AddRange(Messages(scope, 2).Select(span => Read(span, source)));
        }

        return spans;
    }

    private static OtlpSpan Read(byte[] span, string source) =>
        new(
            Hex(span, 1),
            Hex(span, 2),
            Hex(span, 4),
            Texts(span, 5).First(),
            source,
            Numbers(span, 6).FirstOrDefault(),
            Messages(span, 15).Any(static status => Numbers(status, 3).FirstOrDefault() == ErrorStatus),
            Messages(span, 9)
                .ToDictionary(static attribute => Texts(attribute, 1).First(), static attribute => Messages(attribute, 2).Select(Value).FirstOrDefault() ?? "")
        )
        {
            Links = [.. Messages(span, 13).Select(static link => $"{Hex(link, 1)}-{Hex(link, 2)}")],
        };

    // Reads strings, booleans and numbers; other types are ignored.
    private static string Value(byte[] any) =>
        Texts(any, 1).FirstOrDefault()
        ?? Numbers(any, 2).Select(static number => number == 0 ? "false" : "true").FirstOrDefault()
        ?? string.Join(' ', Numbers(any, 3));

    private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(Messages(message, field).FirstOrDefault() ?? []);

    private static IEnumerable<string> Texts(byte[] message, int field) => Messages(message, field).Select(System.Text.Encoding.UTF8.GetString);

    private static List<byte[]> Messages(byte[] message, int field) =>
        Fields(message, field, WireFormat.WireType.LengthDelimited, static input => input.ReadBytes().ToByteArray());

    private static List<int> Numbers(byte[] message, int field) => Fields(message, field, WireFormat.WireType.Varint, static input => (int)input.ReadInt64());

    private static List<T> Fields<T>(byte[] message, int field, WireFormat.WireType type, Func<CodedInputStream, T> read)
    {
        using var input = new CodedInputStream(message);
        List<T> found = [];
        for (uint tag; (tag = input.ReadTag()) != 0;)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == type)
            {
                found.Add(read(input));
            }
            else
            {
                input.SkipLastField();
            }
        }

        return found;
    }
}
