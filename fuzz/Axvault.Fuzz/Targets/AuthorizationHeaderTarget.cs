using System.Text;
using Axvault.Api.Authentication;
using Microsoft.Extensions.Primitives;

namespace Axvault.Fuzz.Targets;

/// <summary>Values of the Authorization header, one per line. A key is read only from a single value of the form Bearer and the key.</summary>
internal sealed class AuthorizationHeaderTarget : FuzzTarget
{
    private const string Known = "axv_sk_00000000000000000000000000000000000000000002UN20f";

    /// <inheritdoc />
    public override string Name => "authorization-header";

    /// <inheritdoc />
    public override IReadOnlyList<string> Tokens => ["Bearer ", "bearer\t", "Basic ", Known, $"Bearer {Known}", "\n", ",", "=", "\"", "\u00a0"];

    /// <inheritdoc />
    public override void Run(ReadOnlySpan<byte> input)
    {
        var values = new StringValues(Encoding.UTF8.GetString(input).Split('\n'));
        if (BearerToken.TryRead(values, out var secret))
        {
            Holds(
                values is [{ } value] && value.Trim().StartsWith("Bearer", StringComparison.OrdinalIgnoreCase) && value.Trim()[6..].Trim() == secret.Reveal(),
                "a key is all that a single Bearer header holds"
            );
        }
    }
}
