using Npgsql;
using static Axvault.Tests.Database.ParsedUrl;

namespace Axvault.Tests.Database;

/// <summary>The addresses as managed databases print them.</summary>
public sealed class DatabaseUrlVendorTests
{
    [Fact]
    public void Heroku()
    {
        const string Url = "postgres://uabc:p4ss@ec2-52-1-2-3.compute-1.amazonaws.com:5432/d1a2b3?ssl=true";
        Is(Url, "ec2-52-1-2-3.compute-1.amazonaws.com", 5432, "uabc", "d1a2b3", SslMode.Require);
    }

    [Fact]
    public void Neon()
    {
        const string Url =
            "postgresql://owner:p4ss@ep-cool-bird-123-pooler.eu-central-1.aws.neon.tech/neondb?sslmode=require&channel_binding=require"
            + "&options=endpoint%3Dep-cool-bird-123";
        Is(Url, "ep-cool-bird-123-pooler.eu-central-1.aws.neon.tech", 5432, "owner", "neondb", SslMode.Require);
        Assert.Equal((ChannelBinding.Require, "endpoint=ep-cool-bird-123"), (Parse(Url).ChannelBinding, Parse(Url).Options));
    }

    [Fact]
    public void Supabase()
    {
        const string Url = "postgresql://postgres.abcdef:p4ss@aws-0-eu-central-1.pooler.supabase.com:6543/postgres?pgbouncer=true&connection_limit=10";
        Is(Url, "aws-0-eu-central-1.pooler.supabase.com", 6543, "postgres.abcdef", "postgres", SslMode.Prefer, "pgbouncer");
        Assert.Equal(10, Parse(Url).MaxPoolSize);
    }

    [Fact]
    public void Rds()
    {
        const string Url = "postgresql://app:p4ss@db.abc.eu-west-1.rds.amazonaws.com:5432/app?sslmode=verify-full&sslrootcert=/etc/rds/global-bundle.pem";
        Is(Url, "db.abc.eu-west-1.rds.amazonaws.com", 5432, "app", "app", SslMode.VerifyFull);
        Assert.Equal("/etc/rds/global-bundle.pem", Parse(Url).RootCertificate);
    }

    [Theory]
    [InlineData("postgres://app%40srv:p4ss@srv.postgres.database.azure.com:5432/app?sslmode=require")]
    [InlineData("Server=srv.postgres.database.azure.com;Database=app;Port=5432;User Id=app@srv;Password=p4ss;Ssl Mode=Require;")]
    public void Azure(string text) => Is(text, "srv.postgres.database.azure.com", 5432, "app@srv", "app", SslMode.Require);

    [Fact]
    public void Cloud_sql()
    {
        const string Url = "postgresql://app:p4ss@/app?host=/cloudsql/project:europe-west1:main";
        Is(Url, "/cloudsql/project:europe-west1:main", 5432, "app", "app", SslMode.Prefer);
    }

    [Fact]
    public void Prisma()
    {
        const string Url = "postgresql://app:p4ss@db.example:5432/app?schema=public&connection_limit=5&pool_timeout=10&sslmode=require";
        Is(Url, "db.example", 5432, "app", "app", SslMode.Require, "pool_timeout", "schema");
        Assert.Equal(5, Parse(Url).MaxPoolSize);
    }

    private static void Is(string text, string host, int port, string user, string database, SslMode tls, params string[] ignored)
    {
        var connection = Parse(text);
        Assert.Equal((host, port, user, "p4ss"), (connection.Host, connection.Port, connection.Username, connection.Password));
        Assert.Equal((database, tls), (connection.Database, connection.SslMode));
        Assert.Equal(ignored, Ignored(text));
    }
}
