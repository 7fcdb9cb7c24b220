using Axvault.Api.Database;
using CsCheck;
using Npgsql;
using static Axvault.Tests.Database.ParsedUrl;

namespace Axvault.Tests.Database;

/// <summary>Random addresses: parsing never throws and never repeats a secret.</summary>
public sealed class DatabaseUrlProperties
{
    // Valid and invalid forms of an address, with a secret {0} and noise {1} in many places.
    private static readonly string[] Forms =
    [
        "postgresql://user:{0}@h/d",
        "postgresql://user:{0}@[::1]:{1}/d",
        "postgres://:{0}@h:{1}",
        "postgresql://{0}",
        "postgresql://user:{0}",
        "postgresql://{0}/{0}@{1}",
        "postgresql://h/d?password={0}&{1}",
        "postgresql://h/d?{0}={0}",
        "postgresql://h/d?port={0}",
        "postgresql://h/d?sslmode={0}",
        "postgresql://h/d?connect_timeout={0}",
        "postgresql://h/d?hostaddr={0}",
        "postgresql://h/d?connection_limit={0}",
        "postgresql://[{0}",
        "Host=h;Password={0};{1}",
        "Host=h;Password={0};Port={0}",
        "Host=h;{0}={0}",
        "Password={0}",
        "mysql://user:{0}@h",
        "{0}",
        "{0}={1}",
        "{1}{0}",
    ];

    [Fact]
    public void An_encoded_password_is_decoded_unchanged() =>
        Gen
            .String.Where(static text => text.Length > 0 && !text.Contains('\0', StringComparison.Ordinal) && IsWellFormed(text))
            .Sample(static password =>
                Parse($"postgresql://user:{Uri.EscapeDataString(password)}@h:6000/d?sslmode=require") is { } connection
                && connection.Password == password
                && connection is { Username: "user", Host: "h", Port: 6000, Database: "d", SslMode: SslMode.Require }
            );

    [Fact]
    public void A_problem_never_repeats_a_piece_of_the_password() =>
        Gen.Select(Gen.Int[0, Forms.Length - 1], Secret, Gen.String[Gen.Char["a@:/?#%[]=&;, '\"0"], 0, 6])
            .Sample(
                static (form, secret, noise) =>
                {
                    var text = Forms[form].Replace("{0}", secret, StringComparison.Ordinal).Replace("{1}", noise, StringComparison.Ordinal);
                    if (DatabaseUrl.TryParse(text, out var connection, out _, out var problem))
                    {
                        return connection is not null && problem is null;
                    }

                    // A piece is three characters of the secret, of which at least one never occurs in a message.
                    return connection is null
                        && problem is not null
                        && Enumerable
                            .Range(0, secret.Length - 2)
                            .Select(i => secret.Substring(i, 3))
                            .All(piece =>
                                !piece.Any(static c => c is >= 'Q' and <= 'Z' or >= '7' and <= '9') || !problem.Contains(piece, StringComparison.Ordinal)
                            );
                },
                iter: 20_000
            );

    [Fact]
    public void Parsing_never_throws() =>
        Gen.OneOf(
                Gen.String,
                Gen.String.Select(static text => "postgresql://" + text),
                Gen.String[Gen.Char["a1@:/?#%[]=&;,'\" ."], 0, 30].Select(static text => "postgres://" + text)
            )
            .Sample(
                static text =>
                    DatabaseUrl.TryParse(text, out var connection, out _, out var problem)
                        ? connection is not null && problem is null
                        : connection is null && problem is not null,
                iter: 20_000
            );

    private static Gen<string> Secret =>
        Gen.String[Gen.Char["QXZ789@:/?#%=&[];,' "], 3, 20].Where(static text => !text.Contains("  ", StringComparison.Ordinal));

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i])))
            {
                return false;
            }
        }

        return true;
    }
}
