'use strict'; module.exports=()=>{};
