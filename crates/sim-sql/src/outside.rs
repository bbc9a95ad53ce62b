//! Names of built-in things that T-SQL has and this engine has not: their use is refused by the name (40510), while a
//! name that nobody knows is not found. Statements and clauses are recognised in `syntax::outside`.

use crate::{Message, catalogue::Name, error};

/// Functions of values, and those that yield rows.
const FUNCTIONS: &str = "
    acos applock_mode approx_count_distinct approx_percentile_cont approx_percentile_disc asin asymkey_id
    asymkeyproperty atn2 base64_decode base64_encode binary_checksum bit_count cert_id certencoded certprivatekey
    certproperty changetable checksum_agg collationproperty columnproperty columns_updated compress context_info cot
    cube current_request_id current_timezone current_timezone_id cursor_status database_principal_id date_bucket
    datetime2fromparts datetimefromparts datetimeoffsetfromparts datetrunc decompress decryptbyasymkey decryptbycert
    decryptbykey decryptbykeyautoasymkey decryptbykeyautocert decryptbypassphrase degrees difference
    edge_id_from_parts edit_distance edit_distance_similarity encryptbyasymkey encryptbycert encryptbykey
    encryptbypassphrase eventdata file_id file_idex file_name filegroup_id filegroup_name filegroupproperty
    fileproperty fn_builtin_permissions fn_helpcollations fn_listextendedproperty formatmessage
    fulltextcatalogproperty fulltextserviceproperty generate_series get_bit get_filestream_transaction_context
    getansinull graph_id_from_edge_id graph_id_from_node_id grouping grouping_id host_id ident_incr ident_seed
    index_col indexkey_property indexproperty json_array json_arrayagg json_modify json_object json_objectagg
    json_path_exists json_query json_value key_guid key_id key_name left_shift loginproperty min_active_rowversion
    node_id_from_parts object_definition objectpropertyex original_db_name parse percentile_cont percentile_disc
    permissions product publishingservername pwdcompare pwdencrypt radians regexp_count regexp_instr regexp_like
    regexp_replace regexp_substr right_shift rollup rowcount_big schemaproperty session_context session_id set_bit
    signbyasymkey signbycert smalldatetimefromparts stats_date stdev stdevp str string_split suser_id suser_sid
    switchoffset symkeyproperty sysdatetimeoffset textptr textvalid timefromparts todatetimeoffset trigger_nestlevel
    try_parse type_id typeproperty unistr user_id var varp vector_distance verifysignedbyasymkey verifysignedbycert
";

/// Functions that begin with `@@`.
const GLOBALS: &str = "
    connections cpu_busy cursor_rows dbts fetch_status idle io_busy langid max_connections microsoftversion
    pack_received pack_sent packet_errors procid remserver textsize timeticks total_errors total_read total_write
    transtate
";

/// System procedures.
const PROCEDURES: &str = "
    sp_addextendedproperty sp_addlinkedserver sp_addlogin sp_addmessage sp_addrole sp_addrolemember sp_addtype
    sp_adduser sp_altermessage sp_approlepassword sp_attach_db sp_autostats sp_bindefault sp_bindrule sp_bindsession
    sp_cdc_enable_db sp_cdc_enable_table sp_change_users_login sp_changedbowner sp_changeobjectowner
    sp_column_privileges sp_columns sp_configure sp_create_plan_guide sp_createstats sp_cursor sp_cursorclose
    sp_cursorfetch sp_cursoropen sp_databases sp_datatype_info sp_dbcmptlevel sp_dboption sp_defaultdb sp_depends
    sp_describe_first_result_set sp_describe_undeclared_parameters sp_dropextendedproperty sp_droplogin
    sp_dropmessage sp_droprole sp_droprolemember sp_droptype sp_dropuser sp_execute sp_execute_remote sp_fkeys
    sp_foreignkeys sp_fulltext_catalog sp_fulltext_table sp_getbindtoken sp_grantdbaccess sp_help sp_helpconstraint
    sp_helpdb sp_helpfile sp_helpindex sp_helplogins sp_helprole sp_helprolemember sp_helprotect sp_helptext
    sp_helptrigger sp_helpuser sp_indexoption sp_invoke_external_rest_endpoint sp_lock sp_monitor sp_msforeachdb
    sp_msforeachtable sp_oacreate sp_pkeys sp_prepare sp_procoption sp_recompile sp_refreshsqlmodule sp_refreshview
    sp_rename_database sp_renamedb sp_revokedbaccess sp_send_dbmail sp_sequence_get_range sp_serveroption
    sp_set_database_firewall_rule sp_set_firewall_rule sp_set_session_context sp_settriggerorder sp_spaceused
    sp_statistics sp_stored_procedures sp_table_validation sp_tableoption sp_tables sp_unbindefault sp_unbindrule
    sp_updateextendedproperty sp_updatestats sp_who sp_who2 sp_xml_preparedocument sp_xml_removedocument xp_cmdshell
    xp_instance_regread xp_logevent
";

/// Views of the schema `sys`, with those of its older form.
const SYS_VIEWS: &str = "
    all_parameters all_sql_modules all_views allocation_units assemblies asymmetric_keys
    certificates change_tracking_databases change_tracking_tables column_type_usages computed_columns configurations
    credentials crypt_properties data_spaces database_audit_specifications database_automatic_tuning_options
    database_credentials database_files database_firewall_rules database_permissions database_query_store_options
    database_recovery_status database_resource_governor_workload_groups database_scoped_configurations
    database_scoped_credentials database_service_objectives destination_data_spaces dm_continuous_copy_status
    dm_database_copies dm_db_column_store_row_group_physical_stats dm_db_file_space_usage
    dm_db_missing_index_details dm_db_resource_stats dm_db_session_space_usage dm_db_task_space_usage
    dm_db_wait_stats dm_exec_cached_plans dm_exec_connections dm_exec_procedure_stats dm_exec_query_memory_grants
    dm_exec_query_stats dm_exec_requests dm_operation_status dm_os_performance_counters dm_os_schedulers
    dm_os_wait_stats dm_os_waiting_tasks dm_tran_active_transactions dm_tran_database_transactions
    dm_tran_session_transactions dm_tran_version_store_space_usage event_log events extended_properties
    external_data_sources external_file_formats external_tables filegroups firewall_rules fulltext_catalogs
    fulltext_indexes hash_indexes internal_tables key_encryptions masked_columns master_files messages
    numbered_procedures parameters partition_functions partition_parameters partition_range_values partition_schemes
    periods query_store_plan query_store_query query_store_query_text query_store_runtime_stats resource_stats
    security_policies security_predicates sensitivity_classifications sequences server_principals servers
    spatial_indexes sql_dependencies sql_expression_dependencies stats stats_columns symmetric_keys synonyms
    syscacheobjects syscolumns syscomments sysconstraints sysdepends sysfilegroups sysfiles sysforeignkeys
    sysindexes sysindexkeys syslogins sysmembers sysmessages syspermissions sysprocesses sysprotects sysreferences
    sysservers system_columns system_objects system_sql_modules system_views table_types trigger_events 
    xml_indexes xml_schema_collections
";

/// Views of the schema `INFORMATION_SCHEMA`.
const INFORMATION_VIEWS: &str = "
    check_constraints column_domain_usage column_privileges constraint_column_usage constraint_table_usage
    domain_constraints domains parameters referential_constraints routine_columns sequences table_privileges
    view_column_usage view_table_usage
";

/// Refuses a call of a built-in function that the engine has not.
pub(crate) fn refuse_function(name: &str) -> Result<(), Message> {
    if is_in(FUNCTIONS, name) {
        return Err(error::unsupported(&format!("function {}", name.to_uppercase())));
    }
    Ok(())
}

/// What a call of a function that yields rows says.
pub(crate) fn table_function(name: &str) -> Message {
    let own = name.rsplit('.').next().unwrap_or(name);
    let of_server = name.len() > own.len() && is_view_of_server(name);
    if is_in(FUNCTIONS, own) || of_server {
        return error::unsupported(&format!("function {name}"));
    }
    error::invalid_object(name)
}

/// `sys.dm_…` and `sys.fn_…` with arguments.
fn is_view_of_server(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.starts_with("sys.dm_") || lower.starts_with("sys.fn_")
}

/// What `@@name` says that is not one of the engine's.
pub(crate) fn global(name: &str) -> Message {
    if is_in(GLOBALS, name.trim_start_matches('@')) {
        return error::unsupported(&format!("function {}", name.to_uppercase()));
    }
    error::undeclared(name)
}

/// What a call of a procedure says that is neither the engine's nor a user's.
pub(crate) fn procedure(written: &str) -> Message {
    let own = written.rsplit('.').next().unwrap_or(written);
    if is_in(PROCEDURES, own) {
        return error::unsupported(&format!("EXECUTE {written}"));
    }
    error::no_procedure(written)
}

/// What a table or view says that is neither the engine's nor a user's.
pub(crate) fn relation(name: &Name, written: &str) -> Message {
    let views = match name.schema.to_ascii_lowercase().as_str() {
        "sys" | "dbo" => SYS_VIEWS,
        "information_schema" => INFORMATION_VIEWS,
        _ => "",
    };
    let old = name.name.to_ascii_lowercase().starts_with("sys");
    if is_in(views, &name.name) && (old || !name.schema.eq_ignore_ascii_case("dbo")) {
        return error::unsupported(&format!("view {written}"));
    }
    error::invalid_object(written)
}

fn is_in(names: &str, name: &str) -> bool {
    names.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(name))
}
