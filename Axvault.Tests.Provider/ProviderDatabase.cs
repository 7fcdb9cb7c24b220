using Microsoft.EntityFrameworkCore;

namespace Axvault.Tests.Provider;

/// <summary>The database of OpenIddict's own entities: applications, authorizations, scopes and tokens.</summary>
internal sealed class ProviderDatabase(DbContextOptions<ProviderDatabase> options) : DbContext(options);
