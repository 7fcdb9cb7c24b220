using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Axvault.Api.Refresh.Shapes;
using CsCheck;

namespace Axvault.Tests.Refresh.Shapes;

/// <summary>Random data around the tokens of every shape. The text is built from pieces, so the expected result is the same pieces with new tokens.</summary>
public sealed class TokenEditProperties
{
    private const string OldExpiry = "«old expiry»";

    private static readonly IssuedTokens Issued = new()
    {
        AccessToken = "new/+=\"a",
        RefreshToken = "new\\r",
        IdToken = "new i",
        ExpiresIn = TimeSpan.FromSeconds(28_799.75),
    };

    private static readonly Gen<string> Space = Gen.OneOf<string>("", "", "", " ", "\n", "\t", "\r\n  ");

    private static readonly Gen<string> Name = Gen.OneOf<string>("a", "é", "\\u0061", "\\ud83d\\ude00", "\\\"", "\\\\", "/", "}", "{", ",")
        .Array[0, 4]
        .Select(static rest => "x" + string.Concat(rest));

    private static readonly Gen<string> Scalar = Gen.OneOf<string>(
        Gen.OneOf<string>(
            "1e400",
            "0.1000",
            "-0",
            "1E+2",
            "true",
            "false",
            "null",
            "[]",
            "{}",
            "[ ]",
            "123456789012345678901234567890",
            "\"access_token\"",
            "\"\\ud800\""
        ),
        Name.Select(static text => $"\"{text}\""),
        Gen.Int.Select(static number => number.ToString(System.Globalization.CultureInfo.InvariantCulture))
    );

    private static readonly Gen<string> Nested = Gen.Select(
            Scalar,
            Scalar,
            Space,
            Gen.OneOf<string>("access_token", "refresh_token", "expires_at", "accessToken", "refreshToken", "expires")
        )
        .SelectMany(
            static (first, second, space, name) =>
                Gen.OneOf<string>(
                    $"[{first},{space}{second}]",
                    $"{{{space}\"{name}\":{first},\"{name}2\"{space}:{second}}}",
                    $"{{\"y\":{{\"{name}\":[{first}]}}}}"
                )
        );

    private static readonly Gen<(string Name, string Value)> Unknown = Gen.Select(Name, Gen.OneOf<string>(Scalar, Nested));

    // The members of each shape, with the old and the new value of each, and the container that holds them.
    private static readonly Shape[] Shapes =
    [
        new(
            "claude",
            null,
            [("accessToken", "\"a\"", "\"new/+=\\\"a\""), ("refreshToken", "\"r\"", "\"new\\\\r\""), ("expiresAt", OldExpiry, "1772395200000")]
        ),
        new(
            "claude-file",
            "claudeAiOauth",
            [("accessToken", "\"a\"", "\"new/+=\\\"a\""), ("refreshToken", "\"r\"", "\"new\\\\r\""), ("expiresAt", OldExpiry, "1772395200000")]
        ),
        new("codex", "tokens", [("access_token", "\"a\"", "\"new/+=\\\"a\""), ("refresh_token", "\"r\"", "\"new\\\\r\""), ("id_token", "null", "\"new i\"")]),
        new(
            "gemini",
            null,
            [
                ("access_token", "\"a\"", "\"new/+=\\\"a\""),
                ("refresh_token", "\"r\"", "\"new\\\\r\""),
                ("id_token", "\"i\"", "\"new i\""),
                ("expiry_date", OldExpiry, "1772395200000"),
            ]
        ),
        new(
            "opencode",
            null,
            [
                ("type", "\"oauth\"", "\"oauth\""),
                ("access", "\"a\"", "\"new/+=\\\"a\""),
                ("refresh", "\"r\"", "\"new\\\\r\""),
                ("expires", OldExpiry, "1772395200000"),
            ]
        ),
        new(
            "opencode-file",
            "corp",
            [
                ("type", "\"oauth\"", "\"oauth\""),
                ("access", "\"a\"", "\"new/+=\\\"a\""),
                ("refresh", "\"r\"", "\"new\\\\r\""),
                ("expires", OldExpiry, "1772395200000"),
            ]
        ),
        new(
            "rfc6749",
            null,
            [
                ("access_token", "\"a\"", "\"new/+=\\\"a\""),
                ("refresh_token", "\"r\"", "\"new\\\\r\""),
                ("expires_at", "1772366401", "1772395200"),
                ("expires_in", "60", "28800"),
            ]
        ),
    ];

    private static readonly Gen<(Shape Shape, string Before, string After)> Cases = Gen.Select(
            Gen.OneOf<Shape>(Shapes),
            Gen.OneOf<string>("1772366400000", "0", "null", "1e400"),
            Unknown.List[0, 5],
            Unknown.List[0, 5],
            Space.Array[24],
            Gen.Int
        )
        .Select(
            static (shape, expiry, unknown, siblings, spaces, seed) =>
            {
                var members = Write(
                    shape.Members.Select(member => (member.Name, Before: member.Before == OldExpiry ? expiry : member.Before, member.After)),
                    unknown,
                    spaces,
                    seed
                );
                if (shape.Container is null)
                {
                    return (shape, members.Before, members.After);
                }

                var container = new[] { (Name: shape.Container, members.Before, members.After) };
                var root = Write(
                    shape.Name == "codex" ? [.. container, ("last_refresh", "1", "\"2026-03-01T12:00:00.250Z\"")] : container,
                    siblings,
                    spaces,
                    seed
                );
                return (shape, root.Before, root.After);
            }
        );

    [Fact]
    public void A_refresh_changes_only_tokens_and_expiry() =>
        Cases.Sample(static test => Data.Text(Data.Apply(test.Before, Issued, "corp").Data) == test.After, iter: 5_000);

    [Fact]
    public void A_second_refresh_finds_the_same_shape_and_members() =>
        Cases.Sample(
            static test =>
            {
                var once = Data.Apply(test.Before, Issued, "corp");
                var tokens = Data.Tokens(Data.Text(once.Data), "corp");
                return tokens.ShapeName == test.Shape.Name
                    && tokens.RefreshToken.Reveal() == Issued.RefreshToken
                    && Data.Text(Data.Apply(Data.Text(once.Data), Issued, "corp").Data) == test.After;
            },
            iter: 5_000
        );

    [Fact]
    public void The_parsed_JSON_differs_only_in_the_members_of_the_shape() =>
        Cases
            .Where(static test => !test.Before.Contains("\\ud800", StringComparison.Ordinal))
            .Sample(
                static test =>
                {
                    var (before, after) = (
                        JsonNode.Parse(test.Before)!.AsObject(),
                        JsonNode.Parse(Data.Text(Data.Apply(test.Before, Issued, "corp").Data))!.AsObject()
                    );
                    foreach (var root in new[] { before, after })
                    {
                        root.Remove("last_refresh");
                        var container = test.Shape.Container is { } name ? root[name]!.AsObject() : root;
                        foreach (var member in test.Shape.Members)
                        {
                            Assert.True(container.Remove(member.Name));
                        }
                    }

                    return before.ToJsonString() == after.ToJsonString();
                },
                iter: 2_000
            );

    // Writes an object twice, with its members in random order: as it was, and as it must be after the refresh.
    private static (string Before, string After) Write(
        IEnumerable<(string Name, string Before, string After)> members,
        List<(string Name, string Value)> unknown,
        string[] spaces,
        int seed
    )
    {
        var random = new Random(seed);
        var all = members
            .Concat(
                unknown
                    .DistinctBy(static member => JsonSerializer.Deserialize<string>($"\"{member.Name}\""))
                    .Select(static member => (member.Name, member.Value, member.Value))
            )
            .ToArray();
        random.Shuffle(all);
        var (before, after, next) = (new StringBuilder(), new StringBuilder(), random.Next(spaces.Length));
        Both("{" + Spaces());
        for (var i = 0; i < all.Length; i++)
        {
            Both($"{(i == 0 ? "" : "," + Spaces())}\"{all[i].Item1}\"{Spaces()}:{Spaces()}");
            before.Append(all[i].Item2);
            after.Append(all[i].Item3);
            Both(Spaces());
        }

        Both("}");
        return (before.ToString(), after.ToString());

        string Spaces() => spaces[next++ % spaces.Length];

        void Both(string text)
        {
            before.Append(text);
            after.Append(text);
        }
    }

    private sealed record Shape(string Name, string? Container, (string Name, string Before, string After)[] Members);
}
